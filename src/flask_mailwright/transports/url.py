"""A relay as one line: `smtp://user:password@host:587?timeout=30`, and what else can take mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ..errors import ConfigError
from ..importpath import load
from ..secret import Secret
from ..smtp.relay import Relay
from ..timing import Timing
from ..world import World
from . import Transport
from .console import ConsoleTransport
from .memory import MemoryTransport
from .smtp import SmtpTransport

SCHEMES = "smtp://, smtps://, console:, memory: or python:package.module:factory"


def transport_from_url(url: str, base: Relay, world: World) -> Transport:
    """The transport that `url` names; `base` gives a relay what the URL leaves open.

    Raises ConfigError; no fault quotes the URL, for it may hold a password.

    >>> transport_from_url("memory:", Relay("localhost"), World()).name
    'memory:'
    """
    scheme, _, rest = url.partition(":")
    if scheme in ("smtp", "smtps"):
        return SmtpTransport(relay_from_url(url, base), world)
    if scheme == "python":
        return _own(rest)
    known: Mapping[str, Callable[[], Transport]] = {
        "console": ConsoleTransport,
        "memory": MemoryTransport,
    }
    if scheme not in known or rest.strip("/"):
        raise ConfigError([f"MAIL_URL must begin with {SCHEMES}"])
    return known[scheme]()


def relay_from_url(url: str, base: Relay) -> Relay:
    """`smtp://` (STARTTLS required beyond loopback, unless `?tls=none`) or `smtps://`.

    >>> relay_from_url("smtps://u:p@mail.example.com", Relay("")).port
    465
    """
    parts = _split(url)
    implicit = parts.scheme == "smtps"
    relay = replace(
        base,
        host=(parts.hostname or "").strip(),
        port=_port(parts) or (465 if implicit else 587 if parts.username else 25),
        username=unquote(parts.username or ""),
        password=Secret(unquote(parts.password)) if parts.password else None,
    )
    relay = replace(relay, tls=_default_tls(relay, implicit=implicit))
    relay = _with_options(relay, parts.query, implicit=implicit)
    _check_credentials(relay)
    return relay


def _own(path: str) -> Transport:
    transport = load("MAIL_URL", path)()
    if not callable(getattr(transport, "deliver", None)):
        raise ConfigError([f"MAIL_URL: {path!r} gave no transport: it has no deliver(mail)"])
    return transport  # type: ignore[no-any-return]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.path.strip("/") or parts.fragment or not parts.hostname:
            raise ValueError
    except ValueError:
        raise ConfigError(
            ["MAIL_URL must read smtp://user:password@host:port; write special characters in the"
             " user or password as %XX (urllib.parse.quote does it)"]
        ) from None  # fmt: skip
    return parts


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ConfigError(["MAIL_URL: the port must be a number from 1 to 65535"]) from None


def _default_tls(relay: Relay, *, implicit: bool) -> Any:
    if implicit:
        return "implicit"
    return "none" if relay.loopback else "starttls"


def _check_credentials(relay: Relay) -> None:
    if bool(relay.username) != bool(relay.password):
        raise ConfigError(["MAIL_URL: a login needs both, smtp://user:password@host"])
    if relay.username and not relay.private:
        raise ConfigError(
            ["MAIL_URL: the password would cross the network unencrypted; leave tls=none out, or"
             " say auth=plaintext too if that is meant"]
        )  # fmt: skip


def _with_options(relay: Relay, query: str, *, implicit: bool) -> Relay:
    faults: list[str] = []
    changes: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        reader = _OPTIONS.get(name)
        try:
            if reader is None:
                raise ValueError(f"is unknown; known are {', '.join(_OPTIONS)}")
            changes.update(reader(relay, value))
        except ValueError as error:
            faults.append(f"MAIL_URL: the option {name} {error}")
    if implicit and "tls" in changes:
        faults.append("MAIL_URL: smtps:// is TLS from the start; leave tls out, or use smtp://")
    if faults:
        raise ConfigError(faults)
    return replace(relay, **changes)


def _tls(relay: Relay, value: str) -> dict[str, Any]:
    if value not in ("none", "starttls"):
        raise ValueError("must be none or starttls")
    return {"tls": value}


def _auth(relay: Relay, value: str) -> dict[str, Any]:
    if value != "plaintext":
        raise ValueError("must be plaintext, which logs in without TLS")
    return {"plaintext_auth": True}


def _timeout(relay: Relay, value: str) -> dict[str, Any]:
    return {"timing": relay.timing.all(_seconds(value))}


def _pool(relay: Relay, value: str) -> dict[str, Any]:
    if not value.isdecimal() or int(value) < 1:
        raise ValueError("must be a number of connections, 1 or more")
    return {"connections": int(value)}


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise ValueError("must be a number of seconds above 0")
    return seconds


_OPTIONS: dict[str, Callable[[Relay, str], dict[str, Any]]] = {
    "tls": _tls,
    "auth": _auth,
    "timeout": _timeout,
    "pool": _pool,
}
