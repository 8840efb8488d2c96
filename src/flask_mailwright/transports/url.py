"""Whatever can take mail as one line: relays, groups of them, files, the console, one's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..errors import ConfigError
from ..importpath import call, load
from ..smtp.relay import Relay
from ..world import World
from . import Transport
from .console import ConsoleTransport
from .memory import MemoryTransport
from .presets import smtp_url
from .relay_url import relay_from_url

SCHEMES = (
    "smtp://, smtps://, file:///folder, console:, memory:, python:package.module:factory,"
    " failover(...), roundrobin(...), or a provider's as gmail:// and ses+smtp://"
)

_GROUP = r"(?is)(failover|roundrobin)\((.*)\)"


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


def _own(path: str) -> Transport:
    transport = call("MAIL_URL", load("MAIL_URL", path))
    if not callable(getattr(transport, "deliver", None)):
        raise ConfigError(["MAIL_URL: its factory gave no transport: it has no deliver(mail)"])
    if not isinstance(getattr(transport, "name", None), str):
        raise ConfigError(["MAIL_URL: its factory gave a transport without a name"])
    return transport  # type: ignore[no-any-return]
