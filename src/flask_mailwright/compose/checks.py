"""Every reason why a message must not leave, found before anything is stored or sent."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar

from ..address import Address, parse_all
from ..errors import MessageError
from ..guard import guard, plain
from .mime.charsets import carries, mime_name
from .mime.parameters import parse_content_type
from .mime.words import LIMIT, VERBATIM, fits_verbatim
from .variants import locale_name

P = ParamSpec("P")
T = TypeVar("T")
FieldValue = str | tuple[Address, ...]
Fields = tuple[tuple[str, FieldValue], ...]

_FIELD_NAME = r"[!-9;-~]{1,76}"
_MESSAGE_ID = r"<[!-;=?A-Z\\-~^_`a-z\[\]]+@[!-;=?A-Z\\-~^_`a-z\[\]]+>"
_EMPTY_GROUP = r"[A-Za-z0-9 -]+: ?;"
_ESMTP = r"[A-Za-z0-9][A-Za-z0-9-]*(?:=[!-<>-~]+)?"
_DATE = (
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?[0-9]{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct"
    r"|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}(?::[0-9]{2})? (?:[+-][0-9]{4}|GMT)(?: \([A-Za-z]+\))?"
)
_LAST_SECOND = 253402300799
"""Of the year 9999."""
_ADDRESSED = frozenset(
    "from sender reply-to to cc resent-from resent-sender resent-to resent-cc".split()
)
_REFUSED = {
    "bcc": "use message.bcc, which never becomes visible",
    "resent-bcc": "use message.bcc, which never becomes visible",
    "return-path": "use message.envelope_from",
    "mime-version": "it is written for you",
    "content-type": "use body, html, alts and attach",
    "content-transfer-encoding": "it is chosen for you",
    "content-disposition": "use attach",
}
_REFUSED_OF_FILES = {
    "content-type": "use content_type",
    "content-disposition": "use filename and disposition",
    "content-transfer-encoding": "it is chosen for you",
    "bcc": "use message.bcc, which never becomes visible",
}
SUBTYPES = {"plain": "text/plain", "html": "text/html"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Check:
    """Runs one check after another and keeps their faults, so that all are told at once."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def __call__(
        self, otherwise: T, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `step` finds; `otherwise` stands in for it when it is at fault."""
        try:
            return step(*args, **kwargs)
        except MessageError as error:
            self.faults += error.faults
            return otherwise

    def finish(self) -> None:
        """Raise MessageError with all that was found, if anything was."""
        if self.faults:
            raise MessageError(self.faults)


def line(field: str, value: object) -> str:
    """One line of text: a subject, a file name. Lazy strings are asked for theirs."""
    return guard(field, _string(field, value))


def text(field: str, value: object, charset: str) -> str:
    """A body that `charset` can carry."""
    found = _string(field, value)
    if (charset == "utf-8" and found.isascii()) or carries(charset, found):
        return found
    position = next(at for at, one in enumerate(found) if not carries(charset, one))
    raise MessageError(
        [f"{field} holds U+{ord(found[position]):04X} at position {position}, which {charset}"
         " cannot carry; remove it or leave charset unset"]
    )  # fmt: skip


def charset(value: str, field: str = "charset") -> str:
    """The charset by the name that readers of mail know it by."""
    found = mime_name(value) if isinstance(value, str) else None
    if found is None:
        raise MessageError(
            [f"{field} {value!r} is none that every reader knows; leave it unset for utf-8"]
        )
    return found


def one(value: object, field: str) -> tuple[Address, ...]:
    """The one address of a field that may be empty."""
    return (Address.parse(value, field),) if value else ()


def several(value: object, field: str) -> tuple[Address, ...]:
    """One address or a list of them; None and an empty list are no address."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | tuple):
        return parse_all(value, field)
    return one(value, field)


def fields(extra: Mapping[str, object]) -> dict[str, FieldValue]:
    """Header fields of the user's own, by name as written; each name once."""
    return _each(extra, "extra_headers", _field_value) if extra else {}


def file_fields(extra: Mapping[str, object], owner: str) -> dict[str, str]:
    """Header fields of one file's own part; they mean nothing to the mail as a whole."""
    return _each(extra, f"{owner}: headers", _file_value) if extra else {}


def listed(values: Iterable[T], field: str, kind: type[T]) -> tuple[T, ...]:
    """The values of a list, all of one kind; one value that is no list is refused."""
    found = () if isinstance(values, str) or not isinstance(values, Iterable) else tuple(values)
    if not found or not all(isinstance(value, kind) for value in found):
        raise MessageError([f"{field} must be a list of {kind.__name__}: write [one, another]"])
    return found


def tags(values: Iterable[str]) -> tuple[str, ...]:
    """Words that mark a mail for whoever counts it."""
    return tuple([guard("tags", value) for value in listed(values, "tags", str)])


def options(values: Iterable[str], field: str) -> tuple[str, ...]:
    """ESMTP options such as `NOTIFY=FAILURE` (RFC 5321 §4.1.2, esmtp-param)."""
    found = listed(values, field, str)
    for value in found:
        if not re.fullmatch(_ESMTP, guard(field, value)):
            raise MessageError([f"{field}: {value!r} must read KEYWORD or KEYWORD=value"])
    return found


def alternative(subtype: str, otherwise: str) -> tuple[str, str]:
    """The content type of `calendar` or `text/calendar; method=REQUEST`, and its charset."""
    field = f"alts[{subtype!r}]"
    value = subtype if "/" in subtype else f"text/{subtype}"
    kind, parameters = parse_content_type(field, value)
    if not kind.startswith("text/"):
        raise MessageError([f"{field} must be a text; attach it instead"])
    named = parameters.get("charset")
    return value if parameters else kind, charset(named, field) if named else otherwise


def record(value: Mapping[str, Any]) -> dict[str, Any]:
    """`metadata`, which is stored as JSON."""
    try:
        found = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise MessageError([f"metadata must be JSON: {error}"]) from None
    if not isinstance(found, dict):
        raise MessageError(["metadata must be a dict of names and JSON values"])
    return found


def date(value: float | datetime | None, now: float) -> str:
    """A Date field in UTC (RFC 5322 §3.3).

    >>> date(0, 0)
    'Thu, 01 Jan 1970 00:00:00 +0000'
    """
    if value is None:
        return _stamp(int(now))
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise MessageError(["date has no time zone; use datetime.now(timezone.utc)"])
        value = value.timestamp()
    if not isinstance(value, float | int) or not 0 <= value <= _LAST_SECOND:
        raise MessageError([f"date {value!r} must be seconds since 1970 or an aware datetime"])
    return _stamp(int(value))


@lru_cache(maxsize=16)
def _stamp(second: int) -> str:
    year, month, day, hour, minute, second, weekday = time.gmtime(second)[:7]
    clock = f"{hour:02}:{minute:02}:{second:02}"
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year:04} {clock} +0000"


def language(value: object) -> str:
    """A locale as the field Content-Language has it (RFC 3282).

    >>> language("de_AT")
    'de-AT'
    """
    return locale_name(value).replace("_", "-")


def message_id(value: object, field: str = "msgId") -> str:
    """A Message-ID of the user's own (RFC 5322 §3.6.4)."""
    found = line(field, value)
    if not re.fullmatch(_MESSAGE_ID, found) or len(found) > LIMIT - 20:
        raise MessageError([f"{field} {found!r} must read <left@right>, ASCII, without spaces"])
    return found


def verbatim(field: str, key: str, value: str) -> str:
    """What a field says that is never encoded, nor folded but at its spaces."""
    if not value.isascii() or not value.isprintable():
        raise MessageError([f"{field} is never encoded and must be ASCII: percent-encode the URL"])
    if not fits_verbatim(key, value):
        raise MessageError([f"{field} has a word over {LIMIT} characters; shorten the URL"])
    return value


def _each(
    extra: Mapping[str, object], owner: str, step: Callable[[str, str, object], T]
) -> dict[str, T]:
    if not isinstance(extra, Mapping):
        raise MessageError([f"{owner} must be a mapping of names to values, such as a dict"])
    check, found, seen = Check(), dict[str, T](), set[str]()
    for name, value in extra.items():
        field, key = f"{owner}[{name!r}]", str(name).lower()
        if not isinstance(name, str) or not re.fullmatch(_FIELD_NAME, name):
            check.faults.append(f"{field}: a field name is printable ASCII without a colon")
        elif key in seen:
            check.faults.append(f"{field} stands there twice; keep one")
        else:
            seen.add(key)
            kept = check(None, step, field, key, value)
            found |= {} if kept is None else {name: kept}
    check.finish()
    return found


def _field_value(field: str, key: str, value: object) -> FieldValue:
    if key in _REFUSED:
        raise MessageError([f"{field} is not yours to set: {_REFUSED[key]}"])
    if key in _ADDRESSED and not _is_empty_group(key, value):
        return _addresses(field, key, value)
    if key in {"message-id", "resent-message-id"}:
        return message_id(value, field)
    found = _filled(field, value)
    if key in {"date", "resent-date"} and not re.fullmatch(_DATE, found):
        raise MessageError([f"{field} must read like Thu, 01 Jan 1970 00:00:00 +0000"])
    return verbatim(field, key, found.strip()) if key.startswith(VERBATIM) else found


def _file_value(field: str, key: str, value: object) -> str:
    if key in _REFUSED_OF_FILES:
        raise MessageError([f"{field} is not yours to set: {_REFUSED_OF_FILES[key]}"])
    return _filled(field, value)


def _filled(field: str, value: object) -> str:
    found = line(field, value)
    if not found.strip():
        raise MessageError([f"{field} is empty; leave it out instead"])
    return found


def _is_empty_group(key: str, value: object) -> bool:
    """Only a destination may be nobody, as in `undisclosed-recipients:;` (RFC 5322 §3.6.3)."""
    return (
        key in {"to", "cc", "resent-to", "resent-cc"}
        and isinstance(value, str)
        and re.fullmatch(_EMPTY_GROUP, value) is not None
    )


def _addresses(field: str, key: str, value: object) -> tuple[Address, ...]:
    found = several(value, field)
    if not found:
        raise MessageError([f"{field} has no address; leave it out instead"])
    if len(found) > 1 and key in {"sender", "resent-sender"}:
        raise MessageError([f"{field} must be one address (RFC 5322 §3.6.2)"])
    return found


def _string(field: str, value: object) -> str:
    if isinstance(value, str):
        return plain(value)
    if value is None or isinstance(value, bytes | bytearray | memoryview):
        raise MessageError([f"{field} is {type(value).__name__}, not text; decode it first"])
    return str(value)
