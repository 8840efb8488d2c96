"""The transport of the empty route: MAIL_URL, or MAIL_SERVER and the keys around it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ..secret import Secret
from ..smtp.rate import Share
from ..smtp.relay import Relay, Tls
from ..smtp.tokens import Tokens
from ..timing import Timing
from ..transports import Transport
from ..transports.console import ConsoleTransport
from ..transports.relay_url import host_name, with_tokens
from ..transports.url import smtp_transport, transport_from_url
from ..world import World
from .keys import Keys
from .oauth import read_oauth
from .values import boolean, line, text, whole

_BESIDE_URL = (
    "MAIL_SERVER",
    "MAIL_PORT",
    "MAIL_USE_TLS",
    "MAIL_USE_SSL",
    "MAIL_USERNAME",
    "MAIL_PASSWORD",
)


def read_base(
    keys: Keys,
    timing: Timing,
    world: World,
    within: Callable[[], AbstractContextManager[object]],
    *,
    debug: bool,
    share: Share | None = None,
) -> Relay:
    """What all relays have in common, whatever names them."""
    fetch_for = read_oauth(keys, within)
    return Relay(
        host="127.0.0.1",
        tokens=Tokens(fetch_for, world.now) if fetch_for else None,
        timing=timing,
        ca_file=keys.take("MAIL_TLS_CA_FILE", _ca_file, None),
        max_mails=keys.take("MAIL_MAX_EMAILS", _at_least_one, None),
        trace=keys.take("MAIL_DEBUG", boolean, debug),
        share=share,
    )


def read_transport(
    keys: Keys, base: Relay, world: World, at_home: Transport | None = None
) -> Transport:
    """Where mail without a route goes: `at_home`, if there is that and no key says where."""
    if keys.is_set("MAIL_URL"):
        return _transport_of_url(keys, base, world)
    relay = _relay(keys, base)
    if at_home is not None and not keys.is_set("MAIL_SERVER"):
        return at_home
    return smtp_transport(relay, world)


def _transport_of_url(keys: Keys, base: Relay, world: World) -> Transport:
    keys.faults += [
        f"MAIL_URL and {key} are both set; keep MAIL_URL, it holds them all"
        for key in _BESIDE_URL
        if keys.is_set(key)
    ]
    unread: Transport = ConsoleTransport()
    return keys.take("MAIL_URL", lambda url: transport_from_url(text(url), base, world), unread)


def _relay(keys: Keys, base: Relay) -> Relay:
    password = keys.take("MAIL_PASSWORD", line, "")
    relay = base._replace(
        host=keys.take("MAIL_SERVER", _host, base.host),
        port=keys.take("MAIL_PORT", _port, 25),
        tls=_tls(keys),
        username=keys.take("MAIL_USERNAME", line, ""),
        password=Secret(password) if password else None,
    )
    _check_credentials(keys, relay)
    return with_tokens(relay)


def _tls(keys: Keys) -> Tls:
    starttls = keys.take("MAIL_USE_TLS", boolean, False)
    implicit = keys.take("MAIL_USE_SSL", boolean, False)
    if starttls and implicit:
        keys.faults.append(
            "MAIL_USE_TLS and MAIL_USE_SSL are both set; port 587 wants MAIL_USE_TLS, port 465"
            " MAIL_USE_SSL"
        )
    return "implicit" if implicit else "starttls" if starttls else "none"


def _check_credentials(keys: Keys, relay: Relay) -> None:
    there = [key for key in ("MAIL_USERNAME", "MAIL_PASSWORD") if keys.is_set(key)]
    if there == ["MAIL_USERNAME"] and relay.tokens and relay.private:
        return
    if len(there) == 1:
        missing = "MAIL_PASSWORD" if there == ["MAIL_USERNAME"] else "MAIL_USERNAME"
        keys.faults.append(
            f"{there[0]} is set and {missing} is not; a login needs both, or MAIL_OAUTH2_TOKEN in"
            " place of the password"
        )
    elif relay.username and not relay.private:
        keys.faults.append(
            "MAIL_PASSWORD would cross the network unencrypted; set MAIL_USE_TLS (port 587) or"
            " MAIL_USE_SSL (port 465), or, if that is meant, use"
            " MAIL_URL=smtp://user:password@host:port?tls=none&auth=plaintext"
        )


def _host(value: Any) -> str:
    return host_name(text(value))


def _port(value: Any) -> int:
    number = whole(value)
    if not 0 < number < 65536:
        raise ValueError("must be a number from 1 to 65535")
    return number


def _at_least_one(value: Any) -> int:
    number = whole(value)
    if number < 1:
        raise ValueError("must be a number of mails per connection, 1 or more")
    return number


def _ca_file(value: Any) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
    except (OSError, TypeError, ValueError):
        raise ValueError("names no readable PEM file with certificates") from None
    return os.fsdecode(value)
