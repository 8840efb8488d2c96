"""A relay as one line: `smtp://user:password@host:587?timeout=30`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ..errors import ConfigError, MessageError
from ..guard import guard
from ..secret import Secret
from ..smtp.rate import rate
from ..smtp.relay import Relay
from ..timing import seconds

_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?"


def relay_from_url(url: str, base: Relay) -> Relay:
    """`smtp://` (STARTTLS required beyond loopback, unless `?tls=none`) or `smtps://`.

    >>> relay_from_url("smtps://u:p@mail.example.com", Relay("")).port
    465
    """
    parts = _split(url)
    implicit = parts.scheme == "smtps"
    port = _port(parts)
    password = _decoded(parts.password)
    relay = base._replace(
        host=_host(parts),
        port=port or (465 if implicit else 587 if parts.username else 25),
        username=_decoded(parts.username),
        password=Secret(password) if password else None,
    )
    relay = relay._replace(tls=_default_tls(relay, implicit=implicit))
    relay = _with_options(relay, parts.query, implicit=implicit)
    _check_credentials(relay)
    return with_tokens(relay)


def with_tokens(relay: Relay) -> Relay:
    """Tokens of its own for a user without a password; none for anybody else."""
    if relay.tokens is None or not relay.username or relay.password:
        return relay._replace(tokens=None)
    return relay._replace(tokens=relay.tokens.of(relay.username))


def host_name(value: str) -> str:
    """A name or an address to connect to, in ASCII (IDNA 2008); ValueError if it is none.

    >>> host_name("straße.example")
    'xn--strae-oqa.example'
    """
    host = value.strip()
    if "://" in host:
        raise ValueError("must be a host name only; a URL goes into MAIL_URL")
    if host.count(":") == 1:
        raise ValueError("must be a host name only; the port goes into MAIL_PORT")
    host = host if host.isascii() else _idna(host)
    if not re.fullmatch(_HOST, host) and not _is_ipv6(host):
        raise ValueError("must be a host name or an IP address")
    return host


def _idna(host: str) -> str:
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("must be a host name or an IP address") from None


def _is_ipv6(host: str) -> bool:
    try:
        return bool(ipaddress.IPv6Address(host))
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    """Whitespace is refused, for `urlsplit` would drop some of it in silence."""
    try:
        parts = urlsplit(url)
        if not url.isprintable() or " " in url or parts.path.strip("/") or parts.fragment:
            raise ValueError
    except ValueError:
        raise ConfigError(
            ["MAIL_URL must read smtp://user:password@host:port; write special characters in the"
             " user or password as %XX (urllib.parse.quote does it)"]
        ) from None  # fmt: skip
    return parts


def _port(parts: SplitResult) -> int | None:
    try:
        if parts.port == 0:
            raise ValueError
        return parts.port
    except ValueError:
        raise ConfigError(["MAIL_URL: the port must be a number from 1 to 65535"]) from None


def _host(parts: SplitResult) -> str:
    try:
        return host_name(parts.hostname or "")
    except ValueError:
        raise ConfigError(["MAIL_URL: there is no valid host name in it"]) from None


def _decoded(value: str | None) -> str:
    try:
        return guard("", unquote(value or "", errors="strict"))
    except (MessageError, UnicodeDecodeError):
        raise ConfigError(
            ["MAIL_URL: the user or password holds a control character or is not UTF-8"]
        ) from None


def _default_tls(relay: Relay, *, implicit: bool) -> Any:
    if implicit:
        return "implicit"
    return "none" if relay.loopback else "starttls"


def _check_credentials(relay: Relay) -> None:
    by_token = relay.username and relay.tokens
    if bool(relay.username) != bool(relay.password) and not by_token:
        raise ConfigError(
            ["MAIL_URL: a login needs both, smtp://user:password@host, or MAIL_OAUTH2_TOKEN in"
             " place of the password"]
        )  # fmt: skip
    if relay.username and not relay.private:
        raise ConfigError(
            ["MAIL_URL: the password would cross the network unencrypted; leave tls=none out, or"
             " say auth=plaintext too if that is meant"]
        )  # fmt: skip


def _with_options(relay: Relay, query: str, *, implicit: bool) -> Relay:
    faults: list[str] = []
    changes: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        try:
            changes.update(_OPTIONS.get(name, _unknown)(relay, value))
        except ValueError as error:
            faults.append(f"MAIL_URL: {error}")
    if implicit and "tls" in changes:
        faults.append("MAIL_URL: smtps:// is TLS from the start; leave tls out, or use smtp://")
    if faults:
        raise ConfigError(faults)
    return relay._replace(**changes)


def _unknown(relay: Relay, value: str) -> dict[str, Any]:
    """Its name is not told: it may be the end of a password with a question mark."""
    known = ", ".join(_OPTIONS)
    raise ValueError(f"an option is unknown (known are {known}); in a password, write ? as %3F")


def _tls(relay: Relay, value: str) -> dict[str, Any]:
    if value not in ("none", "starttls"):
        raise ValueError("the option tls must be none or starttls")
    return {"tls": value}


def _auth(relay: Relay, value: str) -> dict[str, Any]:
    if value != "plaintext":
        raise ValueError("the option auth must be plaintext, which logs in without TLS")
    return {"plaintext_auth": True}


def _timeout(relay: Relay, value: str) -> dict[str, Any]:
    try:
        return {"timing": relay.timing.all(seconds(value))}
    except ValueError as error:
        raise ValueError(f"the option timeout {error}") from None


def _pool(relay: Relay, value: str) -> dict[str, Any]:
    if not value.isdecimal() or len(value) > 9 or not 1 <= int(value) <= MOST_CONNECTIONS:
        raise ValueError(
            f"the option pool must be a number of connections from 1 to {MOST_CONNECTIONS}"
        )
    return {"connections": int(value)}


def _rate(relay: Relay, value: str) -> dict[str, Any]:
    try:
        return {"rate": rate(value)}
    except ValueError as error:
        raise ValueError(f"the option rate {error}") from None


MOST_CONNECTIONS = 1_000

_OPTIONS: dict[str, Callable[[Relay, str], dict[str, Any]]] = {
    "tls": _tls,
    "auth": _auth,
    "timeout": _timeout,
    "pool": _pool,
    "rate": _rate,
}
