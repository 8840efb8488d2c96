"""Further relays and accounts by name: which transport the mail of a route takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from ..envelope import Receipt, SealedMail
from ..errors import ConfigError, MailError
from . import Transport

LONGEST = 200
"""Characters of a name; an outbox keeps no more."""

FromUrl = Callable[[str], Transport]
Ask = Callable[[str], Transport | None]


class Routes:
    """Each route has a transport of its own; the empty one is that of MAIL_URL or MAIL_SERVER.

    `ask` makes the transport of a name that is not among the `named`, if there is one, and is asked
    once for each that is.

    >>> from flask_mailwright.transports.memory import MemoryTransport
    >>> Routes(MemoryTransport(), {"newsletter": MemoryTransport()}).fault("newsleter")
    "route 'newsleter' is not in MAIL_ROUTES, which has 'newsletter'"
    """

    def __init__(
        self, default: Transport, named: Mapping[str, Transport], ask: Ask | None = None
    ) -> None:
        self._known: dict[str, Transport] = {"": default, **named}
        self._ask = ask

    @property
    def names(self) -> list[str]:
        """Those that are known, the empty one first."""
        return list(self._known)

    def fault(self, route: object) -> str:
        """Why no mail can take this route, or nothing; MailError when that cannot be told."""
        if not is_name(route):
            return f"route must be {_A_NAME}"
        return "" if self._find(str(route)) else self._unknown(str(route))

    def over(self, route: str) -> Transport:
        """What delivers its mail, or tells why that cannot be; never another route's."""
        try:
            found = self._find(route)
        except MailError as error:
            return _NoWay(error)
        return found or _NoWay(ConfigError([f"{self._unknown(route)}; put it back"]))

    def close(self) -> None:
        """Close what the transports have open."""
        self._each("close")

    def hang_up(self) -> None:
        """Break off what is under way in other threads."""
        self._each("hang_up")

    def _each(self, name: str) -> None:
        for transport in list(self._known.values()):
            step: Callable[[], None] = getattr(transport, name, _nothing)
            step()

    def _find(self, route: str) -> Transport | None:
        """When two threads ask at once the first transport made is the one that both get."""
        found = self._known.get(route)
        if found is None and self._ask is not None and (made := self._ask(route)) is not None:
            return self._known.setdefault(route, made)
        return found

    def _unknown(self, route: str) -> str:
        if self._ask is not None:
            return f"route {route!r} is none that MAIL_ROUTES has a URL for"
        known = ", ".join(repr(name) for name in self._known if name)
        return f"route {route!r} is not in MAIL_ROUTES, which has {known or 'no route yet'}"


class _NoWay:
    """Delivers to nobody and says why; who retries may wait until that is mended."""

    name = "nowhere"
    connections = 1

    def __init__(self, error: MailError) -> None:
        self._error = error

    def deliver(self, mail: SealedMail) -> Receipt:
        """Raise it."""
        raise self._error


def read_routes(
    value: Any, from_url: FromUrl, within: Callable[[], AbstractContextManager[object]]
) -> tuple[dict[str, Transport], Ask | None]:
    """What MAIL_ROUTES comes to: the transports by name, or what asks the user's callable.

    That is called `within` a context. ConfigError tells the faults of all URLs, by name.
    """
    if callable(value):
        return {}, _asking(value, from_url, within)
    urls = _parsed(value) if isinstance(value, str) else value
    if not isinstance(urls, Mapping):
        raise ConfigError([f"MAIL_ROUTES {_SHAPE}"])
    return _named(urls, from_url), None


def is_name(route: object) -> bool:
    """Whether a route may be called so; names are told in errors, and a URL may hold a password."""
    if not isinstance(route, str) or not route.isprintable() or "://" in route:
        return False
    return route == route.strip() and 0 < len(route) <= LONGEST


def _named(urls: Mapping[Any, Any], from_url: FromUrl) -> dict[str, Transport]:
    named: dict[str, Transport] = {}
    faults: list[str] = []
    cause: BaseException | None = None
    for name, url in urls.items():
        try:
            named[name] = _transport(name, url, from_url)
        except ConfigError as error:
            faults += error.faults
            cause = error.__cause__ or cause
    if faults:
        raise ConfigError(faults) from cause
    return named


def _transport(name: Any, url: Any, from_url: FromUrl) -> Transport:
    if not is_name(name):
        raise ConfigError([f"MAIL_ROUTES {_NAMES}"])
    key = f"MAIL_ROUTES[{name!r}]"
    if not isinstance(url, str):
        raise ConfigError([f"{key} must be a URL, as text"])
    try:
        return from_url(url)
    except ConfigError as error:
        faults = [fault.replace("MAIL_URL", key) for fault in error.faults]
        raise ConfigError(faults) from error.__cause__


def _asking(
    ask: Callable[[str], Any],
    from_url: FromUrl,
    within: Callable[[], AbstractContextManager[object]],
) -> Ask:
    def asked(route: str) -> Any:
        try:
            with within():
                return ask(route)
        except LookupError:
            return None
        except Exception as error:
            told = f"MAIL_ROUTES raised {type(error).__name__} when asked for route {route!r}"
            raise MailError(told, kind="temporary", stage="route") from error

    def transport_of(route: str) -> Transport | None:
        made = _made(route, asked(route), from_url)
        if isinstance(made, ConfigError):
            raise made
        return made

    return transport_of


def _made(route: str, url: Any, from_url: FromUrl) -> Transport | ConfigError | None:
    """An error is raised where no frame of its traceback has the URL as a variable."""
    try:
        return _transport(route, url, from_url) if url else None
    except ConfigError as error:
        bare = ConfigError(error.faults)
        bare.__cause__ = error.__cause__
        return bare


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _nothing() -> None:
    """Nothing is open."""


_SHAPE = (
    'must be a dict (or JSON) of URLs by route name, {"newsletter": "smtp://..."}, or a callable'
    " that returns the URL of a name"
)
_A_NAME = f"a name: a text of 1 to {LONGEST} printable characters, and no URL"
_NAMES = f"has a key that is not {_A_NAME}; the empty route is that of MAIL_URL"
