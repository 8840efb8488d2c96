"""What a relay offers in its reply to EHLO (RFC 5321 §4.1.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .replies import RelayReply


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The extensions offered, by keyword; none after a HELO.

    >>> offer = Capabilities.read(RelayReply(250, ("mx.example.com", "SIZE 1000", "AUTH=LOGIN")))
    >>> "SIZE" in offer, offer.size, offer.auth
    (True, 1000, ('LOGIN',))
    """

    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, reply: RelayReply) -> Capabilities:
        """From the lines behind the greeting; `AUTH=` is how some old servers write it."""
        pairs = (line.strip().replace("=", " ", 1).partition(" ") for line in reply.lines[1:])
        return cls({keyword.upper(): rest.strip() for keyword, _, rest in pairs})

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.parameters

    def without(self, keyword: str) -> Capabilities:
        """The same offer, but for this extension."""
        return Capabilities({k: v for k, v in self.parameters.items() if k != keyword})

    @property
    def size(self) -> int | None:
        """The largest content it takes, in octets; None when it does not say (RFC 1870 §4)."""
        announced = self.parameters.get("SIZE", "")
        return int(announced) or None if announced.isdecimal() else None

    @property
    def auth(self) -> tuple[str, ...]:
        """The mechanisms for logging in."""
        return tuple(self.parameters.get("AUTH", "").upper().split())
