"""The language and the time zone of whoever a mail is for, while its templates render."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime, tzinfo
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from flask import Flask, g

from .compose.variants import locale_name
from .errors import MessageError

logger = logging.getLogger("flask_mailwright")

T = TypeVar("T")

RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ks ps sd ug ur yi".split())
"""Languages whose own script is, and scripts that others may be written in."""
RIGHT_TO_LEFT_SCRIPTS = frozenset("Adlm Arab Hebr Nkoo Rohg Syrc Thaa".split())


class Reader(NamedTuple):
    """What is known of whoever reads; None where nothing is."""

    locale: str | None = None
    zone: tzinfo | None = None


_FORCED: ContextVar[str | None] = ContextVar("forced", default=None)
_ZONE: ContextVar[tzinfo | None] = ContextVar("zone", default=None)


def reader_of(people: list[Any]) -> Reader:
    """From the recipients' `.locale` and `.timezone`, as far as they agree.

    What is none is a warning: whoever asks for a new password should get it, in any language.
    """
    locale, zone = _agreed(people, "locale"), _agreed(people, "timezone")
    return Reader(
        _known(locale_name, locale, "locale") if locale else None,
        _known(_zone, zone, "timezone") if zone else None,
    )


@contextmanager
def forced(locale: str | None) -> Iterator[None]:
    """Every mail in the block is written in this language, whoever it is for."""
    token = _FORCED.set(locale and locale_name(locale))
    try:
        yield
    finally:
        _FORCED.reset(token)


@contextmanager
def speaking(app: Flask, reader: Reader) -> Iterator[str | None]:
    """Templates in the block speak to the reader; what the language is, if that is known."""
    locale = _FORCED.get() or reader.locale
    token = _ZONE.set(reader.zone)
    try:
        with ExitStack() as stack:
            if "babel" in app.extensions:
                locale = stack.enter_context(_babel(locale, reader.zone))
            yield locale
    finally:
        _ZONE.reset(token)


def localtime(moment: datetime) -> datetime:
    """The filter: an aware datetime as the reader's clock shows it.

    In UTC, or what the moment has, where no zone is known.
    """
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise MessageError(
            [f"localtime: {moment} is no datetime with a zone; use datetime.now(timezone.utc)"]
        )
    return moment.astimezone(_ZONE.get()) if _ZONE.get() else moment


def is_right_to_left(locale: str | None) -> bool:
    """Whether it is written so.

    >>> is_right_to_left("he_IL"), is_right_to_left("de"), is_right_to_left(None)
    (True, False, False)
    >>> is_right_to_left("pa_Arab_PK"), is_right_to_left("ks_Deva")
    (True, False)
    """
    language, _, rest = (locale or "").partition("_")
    script = rest.partition("_")[0]
    is_named = len(script) == 4 and script.isalpha()
    return script in RIGHT_TO_LEFT_SCRIPTS if is_named else language in RIGHT_TO_LEFT


def _agreed(people: list[Any], name: str) -> Any:
    found = {str(value): value for one in people if (value := getattr(one, name, None))}
    return next(iter(found.values())) if len(found) == 1 else None


def _known(read: Callable[[Any], T], value: object, name: str) -> T | None:
    try:
        return read(value)
    except (MessageError, OSError, ValueError, LookupError):
        logger.warning("a recipient's %s is none: %.40r; its mail does without", name, value)
        return None


def _zone(value: object) -> tzinfo:
    return value if isinstance(value, tzinfo) else ZoneInfo(str(value))


@contextmanager
def _babel(locale: str | None, zone: tzinfo | None) -> Iterator[str | None]:
    """Flask-Babel's own language and zone, which its filters and gettext ask for."""
    import flask_babel
    from babel import UnknownLocaleError

    former = flask_babel.get_timezone()
    with ExitStack() as stack:
        try:
            if locale:
                stack.enter_context(flask_babel.force_locale(locale))
        except (UnknownLocaleError, ValueError) as error:
            logger.warning("Flask-Babel does not speak %.40r (%s)", locale, error)
        g._flask_babel.babel_tzinfo = zone or former  # it has no call for this
        stack.callback(setattr, g._flask_babel, "babel_tzinfo", former)
        yield str(flask_babel.get_locale())
