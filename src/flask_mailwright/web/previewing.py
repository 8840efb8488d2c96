"""A preview as it is now: the mail, or what went wrong, and whether either has changed."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from ..compose.mime import Parsed, read
from ..envelope import SealedMail
from ..errors import MailError

_OURS = str(Path(__file__).parent.parent)
_NOT_NEWS = frozenset("date message-id content-type mime-version content-transfer-encoding".split())
_LIBRARIES = ("/jinja2/", "/markupsafe/", "/flask/", "/flask_babel/", "/mistune/")
MOST_PLACES = 6


class Place(NamedTuple):
    """A line of a template or of the app, which the error came through."""

    file: str
    line: int
    text: str


class Trouble(NamedTuple):
    """Why there is no mail: the sentences, and where to look, the last place first."""

    name: str
    told: tuple[str, ...]
    places: tuple[Place, ...]


class Seen(NamedTuple):
    """One of the two. `digest` is another one when a reader would see something else."""

    mail: SealedMail | None
    trouble: Trouble | None
    digest: str


def see(make: Callable[[], SealedMail]) -> Seen:
    """Render the preview; whatever the app's function raises is shown, not raised."""
    try:
        mail = make()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the page's subject
        trouble = _trouble(error)
        return Seen(None, trouble, _digest([repr(trouble)]))
    return Seen(mail, None, _digest(_news(mail, read(mail.content))))


def _news(mail: SealedMail, parsed: Parsed) -> Iterator[str]:
    """Without what is another for each mail: Date, Message-ID, boundaries, Content-IDs, tokens."""
    yield repr([mail.envelope, mail.route, mail.tags, dict(mail.metadata)])
    yield repr([field for field in parsed.fields if field[0].lower() not in _NOT_NEWS])
    cids = {part.cid: f"cid-{place}" for place, part in enumerate(parsed.parts) if part.cid}
    known = re.compile("|".join(map(re.escape, cids))) if cids else None
    for part in parsed.parts:
        is_text = part.content_type.startswith("text/")
        seen = part.text if is_text else sha256(part.data).hexdigest()
        yield repr([part.content_type, part.filename, part.disposition])
        seen = known.sub(lambda found: cids[found[0]], seen) if known else seen
        yield _VOLATILE.sub(_settled, seen)


_VOLATILE = re.compile(r"[\w.~=%-]{20,}|\b\d\d?:\d\d(?::\d\d)?\b")
"""Tokens in links bear the moment they were made, and a text may tell the time."""


def _settled(found: re.Match[str]) -> str:
    word = found[0]
    is_token = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return "?" if is_token or ":" in word else word


def _digest(pieces: Iterator[str] | list[str]) -> str:
    return sha256("\0".join(pieces).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _trouble(error: BaseException) -> Trouble:
    if isinstance(error, MailError):
        told = getattr(error, "faults", None) or (str(error),)
    else:
        told = (str(error) or "(it says nothing)",)
    return Trouble(type(error).__name__, tuple(map(str, told)), tuple(_places(error)))


def _places(error: BaseException) -> list[Place]:
    """Template lines are in the traceback too; a template that cannot be read names its own."""
    frames = [
        _place(frame, line)
        for raised in (error.__cause__, error)
        if raised is not None
        for frame, line in reversed(list(traceback.walk_tb(raised.__traceback__)))
        if not _is_foreign(frame.f_code.co_filename)
    ]
    linecache.checkcache()
    line, file = getattr(error, "lineno", None), getattr(error, "filename", None)
    if isinstance(line, int) and isinstance(file, str):
        frames.insert(0, Place(file, line, linecache.getline(file, line).strip()))
    return list(dict.fromkeys(frames))[:MOST_PLACES]


def _place(frame: FrameType, line: int) -> Place:
    """Jinja's compiled template knows its own lines, until Jinja itself has told them."""
    file = frame.f_code.co_filename
    template = frame.f_globals.get("__jinja_template__")
    if template is not None:
        line = template.get_corresponding_lineno(line)
    return Place(file, line, linecache.getline(file, line).strip())


def _is_foreign(file: str) -> bool:
    ours = file.startswith(_OURS) and "/templates/" not in file
    return ours or file.startswith("<frozen") or any(name in file for name in _LIBRARIES)
