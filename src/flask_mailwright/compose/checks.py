"""Every reason why a message must not leave, found before anything is stored or sent."""

from __future__ import annotations

import codecs
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar

from ..address import Address, parse_all
from ..errors import MessageError
from ..guard import guard
from .mime.parameters import parse_content_type
from .mime.words import LIMIT

P = ParamSpec("P")
T = TypeVar("T")
FieldValue = str | tuple[Address, ...]
Fields = tuple[tuple[str, FieldValue], ...]

_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
_MESSAGE_ID = re.compile(r"<[!-;=?A-Z\\-~^_`a-z\[\]]+@[!-;=?A-Z\\-~^_`a-z\[\]]+>")
_EMPTY_GROUP = re.compile(r"[A-Za-z0-9 -]+: ?;")
_ESMTP = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:=[!-<>-~\u00a0-\U0010ffff]+)?")
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
    if found.isascii():
        return found
    try:
        found.encode(charset)
    except UnicodeEncodeError as error:
        bad = found[error.start]
        raise MessageError(
            [f"{field} holds U+{ord(bad):04X} at position {error.start}, which {charset} cannot"
             " carry; remove it or leave charset unset"]
        ) from None  # fmt: skip
    return found


def charset(value: str | None) -> str:
    """The charset by the name that Python and mail share."""
    try:
        return codecs.lookup(value).name if value else "utf-8"
    except LookupError:
        raise MessageError([f"charset {value!r} is unknown; leave it unset for utf-8"]) from None


def one(value: object, field: str) -> tuple[Address, ...]:
    """The one address of a field that may be empty."""
    return (Address.parse(value, field),) if value else ()


def several(value: object, field: str) -> tuple[Address, ...]:
    """One address or a list of them; None and an empty list are no address."""
    if isinstance(value, Iterable) and not isinstance(value, str | tuple):
        return parse_all(value, field)
    return one(value, field)


def fields(extra: Mapping[str, object] | Iterable[tuple[str, object]]) -> dict[str, FieldValue]:
    """Header fields of the user's own, by name as written; each name once."""
    if not extra:
        return {}
    check, found, seen = Check(), dict[str, FieldValue](), set[str]()
    for name, value in extra.items() if isinstance(extra, Mapping) else extra:
        if name.lower() in seen:
            check.faults.append(f"extra_headers: {name} stands there twice; keep one")
        seen.add(name.lower())
        found[name] = check("", _field_value, name, value)
    check.finish()
    return found


def options(values: Sequence[str], field: str) -> tuple[str, ...]:
    """ESMTP options such as `NOTIFY=FAILURE` (RFC 5321 §4.1.2, esmtp-param)."""
    if not values:
        return ()
    found = tuple(values)
    for value in found:
        if not isinstance(value, str) or not _ESMTP.fullmatch(guard(field, value)):
            raise MessageError([f"{field}: {value!r} must read KEYWORD or KEYWORD=value"])
    return found


def alternative(subtype: str) -> str:
    """The content type of a way to show the text: `calendar`, or whole with its parameters."""
    value = subtype if "/" in subtype else f"text/{subtype}"
    kind, parameters = parse_content_type(f"alts[{subtype!r}]", value)
    if not kind.startswith("text/"):
        raise MessageError([f"alts[{subtype!r}] must be a text; attach it instead"])
    return value if parameters else kind


def record(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`metadata`, which is stored as JSON."""
    try:
        return json.loads(json.dumps(value)) if value else {}
    except (TypeError, ValueError) as error:
        raise MessageError([f"metadata must be JSON: {error}"]) from None


def date(value: float | datetime | None, now: float) -> str:
    """A Date field in UTC (RFC 5322 §3.3).

    >>> date(0, 0)
    'Thu, 01 Jan 1970 00:00:00 +0000'
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise MessageError(["date has no time zone; use datetime.now(timezone.utc)"])
        value = value.timestamp()
    return _stamp(int(now if value is None else value))


@lru_cache(maxsize=16)
def _stamp(second: int) -> str:
    year, month, day, hour, minute, second, weekday = time.gmtime(second)[:7]
    clock = f"{hour:02}:{minute:02}:{second:02}"
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year:04} {clock} +0000"


def message_id(value: str) -> str:
    """A Message-ID of the user's own (RFC 5322 §3.6.4)."""
    if not _MESSAGE_ID.fullmatch(guard("msgId", value)) or len(value) > LIMIT - 20:
        raise MessageError([f"msgId {value!r} must read <left@right>, without spaces"])
    return value


def _field_value(name: str, value: object) -> FieldValue:
    field = f"extra_headers[{name!r}]"
    key = name.lower()
    if not _FIELD_NAME.fullmatch(name):
        raise MessageError([f"{field}: a field name is printable ASCII without a colon"])
    if key in _REFUSED:
        raise MessageError([f"{field} is not yours to set: {_REFUSED[key]}"])
    if key in _ADDRESSED and not _is_empty_group(value):
        return several(value, field) or _no_value(field)
    found = line(field, value)
    if key == "message-id":
        return message_id(found)
    return _listed(field, found.strip()) if key.startswith("list-") else found


def _is_empty_group(value: object) -> bool:
    return isinstance(value, str) and _EMPTY_GROUP.fullmatch(value) is not None


def _no_value(field: str) -> FieldValue:
    raise MessageError([f"{field} has no address; leave it out instead"])


def _listed(field: str, value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise MessageError([f"{field} is never encoded and must be ASCII: percent-encode the URL"])
    if max(map(len, value.split(" "))) > LIMIT - len(field):
        raise MessageError([f"{field} has a word over {LIMIT} characters; shorten the URL"])
    return value


def _string(field: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bytes | bytearray):
        raise MessageError([f"{field} is {type(value).__name__}, not text; decode it first"])
    return str(value)
