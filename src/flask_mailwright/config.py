"""The `MAIL_*` keys read into one frozen object; every fault is told by key, never by value."""

from __future__ import annotations

import json
import logging
import os
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NamedTuple, TypeVar

from .address import Address
from .engines import Delivery, Engine, OutboxSettings
from .engines.choice import engine_named
from .errors import ConfigError, MessageError
from .guard import guard
from .secret import Secret
from .smtp.relay import Relay, Tls
from .timing import Timing, seconds
from .transports import Transport
from .transports.console import ConsoleTransport
from .transports.routes import Routes, read_routes
from .transports.url import host_name, smtp_transport, transport_from_url
from .world import World

T = TypeVar("T")
logger = logging.getLogger("flask_mailwright")

TRUE: tuple[object, ...] = (True, "true", "1", "yes", "on")
FALSE: tuple[object, ...] = (False, "false", "0", "no", "off")

_BESIDE_URL = (
    "MAIL_SERVER",
    "MAIL_PORT",
    "MAIL_USE_TLS",
    "MAIL_USE_SSL",
    "MAIL_USERNAME",
    "MAIL_PASSWORD",
)
_LATER = (
    "MAIL_REDIRECT_TO",
    "MAIL_ALLOWED_RECIPIENTS",
    "MAIL_BASE_URL",
    "MAIL_OAUTH2_TOKEN",
    "MAIL_MAILBOX",
    "MAIL_DKIM",
    "MAIL_DKIM_DOMAIN",
    "MAIL_DKIM_SELECTOR",
    "MAIL_DKIM_KEY",
)
"""Keys that mean nothing yet. To ignore one (a redirect, say) could mail the wrong people."""


class Config(NamedTuple):
    """What the application's configuration comes to."""

    routes: Routes
    default_sender: Address | None
    subject_prefix: str
    ascii_attachments: bool
    make_engine: Callable[[Delivery], Engine]
    timing: Timing
    outbox: OutboxSettings


def read(
    values: Mapping[str, Any],
    world: World,
    *,
    debug: bool = False,
    within: Callable[[], AbstractContextManager[object]] = nullcontext,
    shared: bool = False,
) -> Config:
    """Read the keys; ConfigError tells all that is wrong with them at once.

    A key that is None or "" is not set, as in an environment. `within`: the context in which the
    user's callables are asked later. `shared`: the outbox has its place in the app's database.
    """
    keys = _Keys(values)
    keys.refuse_later_ones()
    if shared and keys.is_set("MAIL_OUTBOX_URL"):
        keys.faults.append(
            "MAIL_OUTBOX_URL is set and Mail(db=...) keeps the outbox in db; unset it, or leave db="
            " away"
        )
    keys.take("MAIL_SUPPRESS_SEND", boolean, None)
    timing = _timing(keys)
    base = _base(keys, timing, debug=debug)
    default = _transport(keys, base, world, debug=debug)
    from_url = partial(transport_from_url, base=base, world=world)
    config = Config(
        routes=keys.take(
            "MAIL_ROUTES",
            lambda value: Routes(default, *read_routes(value, from_url, within)),
            Routes(default, {}),
        ),
        default_sender=keys.take("MAIL_DEFAULT_SENDER", _sender, None),
        subject_prefix=keys.take("MAIL_SUBJECT_PREFIX", _line, ""),
        ascii_attachments=keys.take("MAIL_ASCII_ATTACHMENTS", boolean, False),
        make_engine=keys.take("MAIL_ENGINE", _engine, engine_named("outbox")),
        timing=timing,
        outbox=OutboxSettings(
            url=keys.take("MAIL_OUTBOX_URL", _outbox_url, ""),
            keep=keys.take("MAIL_OUTBOX_KEEP", seconds, OutboxSettings().keep),
            embedded=keys.take("MAIL_WORKER", _embedded, True),
        ),
    )
    keys.finish()
    return config


def suppress_send(values: Mapping[str, Any]) -> bool | None:
    """MAIL_SUPPRESS_SEND as it stands now; None when it is not set."""
    keys = _Keys(values)
    chosen = keys.take("MAIL_SUPPRESS_SEND", boolean, None)
    keys.finish()
    return chosen


def boolean(value: object) -> bool:
    """True and False, also as the words that environments hold.

    >>> boolean("False")
    False
    """
    word = value.strip().lower() if isinstance(value, str) else value
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueError("must be true or false")


class _Keys:
    """Takes one key after another and keeps what is wrong with them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._cause: BaseException | None = None
        self.faults: list[str] = []

    def is_set(self, key: str) -> bool:
        return self._values.get(key) not in (None, "")

    def take(self, key: str, reader: Callable[[Any], T], default: T) -> T:
        if not self.is_set(key):
            return default
        try:
            return reader(self._values[key])
        except ConfigError as error:
            self.faults += error.faults
            self._cause = error.__cause__ or self._cause
        except ValueError as error:
            self.faults.append(f"{key} {error}")
        return default

    def refuse_later_ones(self) -> None:
        self.faults += [
            f"{key} is not supported by this version yet; unset it"
            for key in _LATER
            if self.is_set(key)
        ]

    def finish(self) -> None:
        if self.faults:
            raise ConfigError(self.faults) from self._cause


def _base(keys: _Keys, timing: Timing, *, debug: bool) -> Relay:
    return Relay(
        host="127.0.0.1",
        timing=timing,
        ca_file=keys.take("MAIL_TLS_CA_FILE", _ca_file, None),
        max_mails=keys.take("MAIL_MAX_EMAILS", _at_least_one, None),
        trace=keys.take("MAIL_DEBUG", boolean, debug),
    )


def _transport(keys: _Keys, base: Relay, world: World, *, debug: bool) -> Transport:
    if keys.is_set("MAIL_URL"):
        return _transport_of_url(keys, base, world)
    relay = _relay(keys, base)
    if debug and not keys.is_set("MAIL_SERVER"):
        logger.info("mail is shown on the console: app.debug is set, MAIL_SERVER and MAIL_URL not")
        return ConsoleTransport()
    return smtp_transport(relay, world)


def _transport_of_url(keys: _Keys, base: Relay, world: World) -> Transport:
    keys.faults += [
        f"MAIL_URL and {key} are both set; keep MAIL_URL, it holds them all"
        for key in _BESIDE_URL
        if keys.is_set(key)
    ]
    unread: Transport = ConsoleTransport()
    return keys.take("MAIL_URL", lambda url: transport_from_url(_text(url), base, world), unread)


def _relay(keys: _Keys, base: Relay) -> Relay:
    password = keys.take("MAIL_PASSWORD", _line, "")
    relay = base._replace(
        host=keys.take("MAIL_SERVER", _host, base.host),
        port=keys.take("MAIL_PORT", _port, 25),
        tls=_tls(keys),
        username=keys.take("MAIL_USERNAME", _line, ""),
        password=Secret(password) if password else None,
    )
    _check_credentials(keys, relay)
    return relay


def _tls(keys: _Keys) -> Tls:
    starttls = keys.take("MAIL_USE_TLS", boolean, False)
    implicit = keys.take("MAIL_USE_SSL", boolean, False)
    if starttls and implicit:
        keys.faults.append(
            "MAIL_USE_TLS and MAIL_USE_SSL are both set; port 587 wants MAIL_USE_TLS, port 465"
            " MAIL_USE_SSL"
        )
    return "implicit" if implicit else "starttls" if starttls else "none"


def _check_credentials(keys: _Keys, relay: Relay) -> None:
    there = [key for key in ("MAIL_USERNAME", "MAIL_PASSWORD") if keys.is_set(key)]
    if len(there) == 1:
        missing = "MAIL_PASSWORD" if there == ["MAIL_USERNAME"] else "MAIL_USERNAME"
        keys.faults.append(f"{there[0]} is set and {missing} is not; a login needs both")
    elif relay.username and not relay.private:
        keys.faults.append(
            "MAIL_PASSWORD would cross the network unencrypted; set MAIL_USE_TLS (port 587) or"
            " MAIL_USE_SSL (port 465), or, if that is meant, use"
            " MAIL_URL=smtp://user:password@host:port?tls=none&auth=plaintext"
        )


def _timing(keys: _Keys) -> Timing:
    every = keys.take("MAIL_TIMEOUT", seconds, None)
    timing = Timing() if every is None else Timing().all(every)
    return keys.take("MAIL_TIMING", lambda value: _with_numbers(timing, value), timing)


def _with_numbers(timing: Timing, value: Any) -> Timing:
    numbers = _parsed(value) if isinstance(value, str) else value
    known = set(Timing._fields)
    if not isinstance(numbers, Mapping) or not known.issuperset(numbers):
        raise ValueError(f"must be a dict (or JSON) of seconds by name: {', '.join(sorted(known))}")
    return timing._replace(**{name: seconds(number) for name, number in numbers.items()})


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _outbox_url(value: Any) -> str:
    url = _text(value)
    if not _OUTBOX_URL.fullmatch(url):
        raise ValueError(
            "must be sqlite:///name.sqlite (in the instance folder), sqlite:////path/name.sqlite,"
            " or postgresql+psycopg:// or mariadb+pymysql:// with user:password@host/database"
        )
    return url


_OUTBOX_URL = re.compile(
    r"sqlite:///[^\s].*|(postgresql|mysql|mariadb)(\+\w+)?://([^/?#]*@)?[^/?#@]+/[^/?#]+(\?.*)?"
)


def _embedded(value: Any) -> bool:
    if value not in ("embedded", "external"):
        raise ValueError(
            "must be embedded (the processes that use the outbox deliver) or external (only"
            " `flask mail worker` does)"
        )
    return bool(value == "embedded")


def _engine(value: Any) -> Callable[[Delivery], Engine]:
    return engine_named(_text(value))


def _sender(value: Any) -> Address:
    try:
        return Address.parse(tuple(value) if isinstance(value, list) else value)
    except MessageError:
        raise ValueError(
            "must be an address, (name, address) or Name <address>; quote a name with a comma"
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(
            "must be text; where the environment is read as JSON, put quotes within the quotes:"
            " '\"...\"'"
        )
    return value


def _line(value: Any) -> str:
    try:
        return guard("", _text(value))
    except MessageError:
        raise ValueError("holds a line end or another control character; remove it") from None


def _host(value: Any) -> str:
    return host_name(_text(value))


def _port(value: Any) -> int:
    number = _whole(value)
    if not 0 < number < 65536:
        raise ValueError("must be a number from 1 to 65535")
    return number


def _at_least_one(value: Any) -> int:
    number = _whole(value)
    if number < 1:
        raise ValueError("must be a number of mails per connection, 1 or more")
    return number


def _whole(value: Any) -> int:
    """0 for what is no whole number; more digits than any key needs are none either."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    return value if type(value) is int else 0


def _ca_file(value: Any) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
    except (OSError, TypeError, ValueError):
        raise ValueError("names no readable PEM file with certificates") from None
    return os.fsdecode(value)
