"""Images that travel with the mail: each is shown, and each that is shown is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ..finding import Finding
from ..page import excerpt
from ..reading import Reading

_CID = re.compile(r"\bcid:([^\s\"'()<>]++)", re.IGNORECASE)


def cids(reading: Reading) -> Iterator[Finding]:
    """Both ways."""
    if reading.html is None:
        return
    shown: set[str] = set()
    for found in _CID.finditer(reading.html):
        cid = unquote(found[1].replace("&amp;", "&")).casefold()
        if cid not in reading.inline and cid not in shown:
            yield _missing(found[1], found.start(), reading)
        shown.add(cid)
    for cid, part in reading.inline.items():
        if cid not in shown and _is_shown_nowhere_else(part.content_type, part.disposition):
            yield Finding(
                "unused-inline-part",
                "warn",
                "an image travels with the mail and is never shown",
                f"part {excerpt(part.filename or part.cid)}",
                mend="Show it with its cid: URL, or attach it as a file instead.",
            )


def _is_shown_nowhere_else(kind: str, disposition: str) -> bool:
    return kind.startswith("image/") and disposition in {"", "inline"}


def _missing(cid: str, start: int, reading: Reading) -> Finding:
    return Finding(
        "broken-cid",
        "error",
        f"no part of the mail is called {excerpt(cid)}: a broken image is shown",
        reading.at(_tag_start(reading.page.source, start)),
        mend="Take the URL that Message.inline() or inline_image() gives.",
    )


def _tag_start(source: str, place: int) -> int:
    start = source.rfind("<", max(place - 500, 0), place)
    return start if start >= 0 else place
