"""TXT records of the DNS, asked for through dnspython (extra `dns`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .errors import MailError

Records = tuple[str, ...]


class Nameserver:
    """Asks those of `addresses`, or the system's when there are none, for at most so many seconds.

    >>> Nameserver(["127.0.0.1"], port=5353, seconds=2.0).seconds
    2.0
    """

    def __init__(
        self, addresses: Sequence[str] = (), *, port: int = 53, seconds: float = 5.0
    ) -> None:
        self._addresses = list(addresses)
        self._port = port
        self.seconds = seconds

    def txt(self, name: str) -> Records:
        """The records of a name, none if it has none.

        MailError of kind configuration without dnspython, temporary when nobody answers.
        """
        try:
            import dns.exception
            import dns.resolver
        except ImportError:
            raise MailError(NO_DNSPYTHON, kind="configuration", stage="dns") from None
        try:
            found = self._resolver(dns.resolver).resolve(f"{name}.", "TXT")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.exception.DNSException as error:
            told = f"DNS gives no answer about {name} ({type(error).__name__})"
            raise MailError(told, kind="temporary", stage="dns") from error
        return tuple([b"".join(each.strings).decode("utf-8", "replace") for each in found])

    def _resolver(self, module: Any) -> Any:
        resolver = module.Resolver(configure=not self._addresses)
        if self._addresses:
            resolver.nameservers, resolver.port = self._addresses, self._port
        resolver.lifetime = self.seconds
        return resolver


NO_DNSPYTHON = "to look into DNS needs dnspython: pip install 'flask-mailwright[dns]'"
