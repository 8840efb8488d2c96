"""A relay as one line: `smtp://user:password@host:587?timeout=30`, and what else can take mail."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ..errors import ConfigError, MessageError
from ..guard import guard
from ..importpath import call, load
from ..secret import Secret
from ..smtp.rate import rate
from ..smtp.relay import Relay
from ..timing import seconds
from ..world import World
from . import Transport
from .console import ConsoleTransport
from .memory import MemoryTransport
from .presets import smtp_url

SCHEMES = (
    "smtp://, smtps://, file:///folder, console:, memory:, python:package.module:factory,"
    " failover(...), roundrobin(...), or a provider's as gmail:// and ses+smtp://"
)

_GROUP = r"(?is)(failover|roundrobin)\((.*)\)"
_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?"


def transport_from_url(url: str, base: Relay, world: World) -> Transport:
    """The transport that `url` names; `base` gives a relay what the URL leaves open.

    Raises ConfigError; no fault quotes the URL, for it may hold a password.

    >>> transport_from_url("memory:", Relay("localhost"), World()).name
    'memory:'
    """
    url = url.strip()
    if group := re.fullmatch(_GROUP, url):
        return _group(group[1].lower(), group[2], base, world)
    url = smtp_url(url) or url
    scheme, _, rest = url.partition(":")
    scheme = scheme.lower()
    if scheme == "file":
        return _file(url, world)
    if scheme in ("smtp", "smtps"):
        return smtp_transport(relay_from_url(url, base), world)
    if scheme == "python":
        return _own(rest)
    known: Mapping[str, Callable[[], Transport]] = {
        "console": ConsoleTransport,
        "memory": MemoryTransport,
    }
    if scheme not in known or rest.strip("/"):
        raise ConfigError([f"MAIL_URL must begin with {SCHEMES}"])
    return known[scheme]()


def inner_urls(text: str) -> list[str]:
    """The URLs that stand between blanks; those of a group within are one.

    >>> inner_urls("smtp://a roundrobin(smtp://b smtp://c) memory:")
    ['smtp://a', 'roundrobin(smtp://b smtp://c)', 'memory:']
    """
    urls, depth = list[str](), 0
    for word in text.split():
        if depth:
            urls[-1] += f" {word}"
        else:
            urls.append(word)
        depth += len(re.findall(r"(?i)(?:failover|roundrobin)\(", word))
        depth -= len(word) - len(word.rstrip(")")) if depth else 0
    return urls


def _group(kind: str, members: str, base: Relay, world: World) -> Transport:
    """Loaded here, as SMTP is."""
    from .failover import Failover, RoundRobin

    urls = inner_urls(members)
    if len(urls) < 2:
        raise ConfigError([f"MAIL_URL: {kind}(...) holds several URLs, with blanks between them"])
    relays, faults = list[Transport](), list[str]()
    for place, url in enumerate(urls, 1):
        try:
            relays.append(transport_from_url(url, base, world))
        except ConfigError as error:
            faults += [f"{fault} (number {place} in {kind})" for fault in error.faults]
    if faults:
        raise ConfigError(faults)
    return RoundRobin(relays, world) if kind == "roundrobin" else Failover(relays, world)


def _file(url: str, world: World) -> Transport:
    from .file import FileTransport

    try:
        parts = urlsplit(url)
        folder = Path(unquote(parts.path, errors="strict"))
        if parts.netloc or parts.query or parts.fragment or not folder.is_absolute():
            raise ValueError
    except ValueError:
        raise ConfigError(
            ["MAIL_URL must read file:///folder: an absolute path, special characters as %XX"]
        ) from None
    return FileTransport(folder, world)


def smtp_transport(relay: Relay, world: World) -> Transport:
    """SMTP to `relay`; loaded here, for it is a third of the package and not every app needs it."""
    from ..smtp.trace import show_trace
    from .smtp import SmtpTransport

    if relay.trace:
        show_trace()
    return SmtpTransport(relay, world)


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


def _own(path: str) -> Transport:
    transport = call("MAIL_URL", load("MAIL_URL", path))
    if not callable(getattr(transport, "deliver", None)):
        raise ConfigError(["MAIL_URL: its factory gave no transport: it has no deliver(mail)"])
    return transport  # type: ignore[no-any-return]


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
