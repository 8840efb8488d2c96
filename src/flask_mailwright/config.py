"""The `MAIL_*` keys read into one frozen object; every fault is told by key, never by value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from .address import Address
from .errors import ConfigError, MailError
from .secret import Secret
from .smtp.relay import Relay, Tls
from .timing import Timing
from .transports import Transport
from .transports.smtp import SmtpTransport
from .transports.url import transport_from_url
from .world import World

T = TypeVar("T")

TRUE = frozenset(("true", "1", "yes", "on"))
FALSE = frozenset(("false", "0", "no", "off", ""))

_BESIDE_URL = (
    "MAIL_SERVER",
    "MAIL_PORT",
    "MAIL_USE_TLS",
    "MAIL_USE_SSL",
    "MAIL_USERNAME",
    "MAIL_PASSWORD",
)
_LATER = (
    "MAIL_ROUTES",
    "MAIL_OUTBOX_URL",
    "MAIL_OUTBOX_KEEP",
    "MAIL_WORKER",
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
"""Keys that mean nothing yet. Ignoring one (a redirect, say) could send mail to the wrong people."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the application's configuration comes to."""

    transport: Transport
    default_sender: Address | None
    subject_prefix: str
    ascii_attachments: bool
    engine: str
    timing: Timing


def read(values: Mapping[str, Any], world: World, *, debug: bool = False) -> Config:
    """Read the keys; ConfigError tells all that is wrong with them at once."""
    keys = _Keys(values)
    keys.refuse_later_ones()
    keys.take("MAIL_SUPPRESS_SEND", boolean, False)
    timing = _timing(keys)
    config = Config(
        transport=_transport(keys, timing, world, debug=debug),
        default_sender=keys.take("MAIL_DEFAULT_SENDER", _sender, None),
        subject_prefix=keys.take("MAIL_SUBJECT_PREFIX", _string, ""),
        ascii_attachments=keys.take("MAIL_ASCII_ATTACHMENTS", boolean, False),
        engine=keys.take("MAIL_ENGINE", _string, "threads"),
        timing=timing,
    )
    keys.finish()
    return config


def boolean(value: object) -> bool:
    """True and False, also as the words that environments hold.

    >>> boolean("False")
    False
    """
    word = str(value).strip().lower()
    if isinstance(value, bool | int | str) and word in TRUE | FALSE:
        return word in TRUE
    raise ValueError("must be true or false")


class _Keys:
    """Takes one key after another and keeps what is wrong with them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.faults: list[str] = []

    def is_set(self, key: str) -> bool:
        return self._values.get(key) not in (None, "")

    def take(self, key: str, reader: Callable[[Any], T], default: T) -> T:
        value = self._values.get(key)
        return default if value is None else self.reading(key, default, reader, value)

    def reading(self, key: str, default: T, reader: Callable[..., T], *args: Any) -> T:
        try:
            return reader(*args)
        except ConfigError as error:
            self.faults += error.faults
        except ValueError as error:
            self.faults.append(f"{key} {error}")
        except MailError:
            self.faults.append(f"{key} must be an address or (name, address)")
        return default

    def refuse_later_ones(self) -> None:
        self.faults += [
            f"{key} is not supported by this version yet; unset it"
            for key in _LATER
            if self.is_set(key)
        ]

    def finish(self) -> None:
        if self.faults:
            raise ConfigError(self.faults)


def _transport(keys: _Keys, timing: Timing, world: World, *, debug: bool) -> Transport:
    base = Relay(
        host="127.0.0.1",
        timing=timing,
        ca_file=keys.take("MAIL_TLS_CA_FILE", _ca_file, None),
        max_mails=keys.take("MAIL_MAX_EMAILS", _at_least_one, None),
        trace=keys.take("MAIL_DEBUG", boolean, debug),
    )
    url = keys.take("MAIL_URL", _string, "")
    if not url and debug and not keys.is_set("MAIL_SERVER"):
        url = "console:"
    if not url:
        return SmtpTransport(_relay(keys, base), world)
    for key in _BESIDE_URL:
        if keys.is_set(key):
            keys.faults.append(f"MAIL_URL and {key} are both set; keep MAIL_URL, it holds them all")
    fallback = SmtpTransport(base, world)
    return keys.reading("MAIL_URL", fallback, transport_from_url, url, base, world)


def _relay(keys: _Keys, base: Relay) -> Relay:
    password = keys.take("MAIL_PASSWORD", _text_value, "")
    relay = replace(
        base,
        host=keys.take("MAIL_SERVER", _host, "") or base.host,
        port=keys.take("MAIL_PORT", _port, 25),
        tls=_tls(keys),
        username=keys.take("MAIL_USERNAME", _text_value, ""),
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
    if bool(relay.username) != bool(relay.password):
        there, missing = ("MAIL_USERNAME", "MAIL_PASSWORD")[:: 1 if relay.username else -1]
        keys.faults.append(f"{there} is set and {missing} is not; a login needs both")
    elif relay.username and not relay.private:
        keys.faults.append(
            "MAIL_PASSWORD would cross the network unencrypted; set MAIL_USE_TLS (port 587) or"
            " MAIL_USE_SSL (port 465)"
        )


def _timing(keys: _Keys) -> Timing:
    timing = Timing()
    seconds = keys.take("MAIL_TIMEOUT", _seconds, None)
    if seconds is not None:
        timing = timing.all(seconds)
    return keys.take("MAIL_TIMING", lambda value: _with_numbers(timing, value), timing)


def _with_numbers(timing: Timing, value: Any) -> Timing:
    if isinstance(value, str):
        value = json.loads(value)
    known = {field.name for field in fields(Timing)}
    if not isinstance(value, Mapping) or not known.issuperset(value):
        raise ValueError(f"must be a dict (or JSON) of seconds by name: {', '.join(sorted(known))}")
    return replace(timing, **{name: _seconds(number) for name, number in value.items()})


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if isinstance(value, bool) or not 0 < seconds < float("inf"):
        raise ValueError("must be a number of seconds above 0")
    return seconds


def _sender(value: Any) -> Address | None:
    if value in ("", []):
        return None
    return Address.parse(tuple(value) if isinstance(value, list) else value)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - told with the other faults
    return value


def _text_value(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - told with the other faults
            "must be text; where the environment is read as JSON, put it in quotes:"
            " FLASK_MAIL_PASSWORD='\"...\"'"
        )
    return value


def _host(value: Any) -> str:
    host = _string(value).strip()
    if "://" in host:
        raise ValueError("must be a host name only; a URL goes into MAIL_URL")
    if host.count(":") == 1 or not host.isprintable() or " " in host:
        raise ValueError("must be a host name only; the port goes into MAIL_PORT")
    return host


def _port(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isdecimal() or not 0 < int(value) < 65536:
        raise ValueError("must be a number from 1 to 65535")
    return int(value)


def _at_least_one(value: Any) -> int | None:
    if value == "":
        return None
    if isinstance(value, bool) or not str(value).isdecimal() or int(value) < 1:
        raise ValueError("must be a number of mails per connection, 1 or more")
    return int(value)


def _ca_file(value: Any) -> str | None:
    if value and not Path(value).is_file():
        raise ValueError("names no readable file; give the path of a PEM file")
    return str(value) if value else None
