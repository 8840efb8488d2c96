"""Images that travel with the mail: each is shown, and each that is shown is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ..finding import Finding
from ..page import excerpt
from ..reading import Reading
from .addresses import Use, addresses

_CID = re.compile(r"\bcid:([^\s\"'()<>]++)", re.IGNORECASE)


def cids(reading: Reading) -> Iterator[Finding]:
    """Both ways."""
    if reading.html is not None:
        for use in addresses(reading):
            if use.url[:4].lower() == "cid:" and _name(use.url[4:]) not in reading.inline:
                yield _missing(use)
        yield from _unused(reading.html, reading)


def _unused(html: str, reading: Reading) -> Iterator[Finding]:
    """What is named anywhere, be it for Outlook alone or far down, is not told."""
    shown = {_name(found[1].replace("&amp;", "&")) for found in _CID.finditer(html)}
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


def _missing(use: Use) -> Finding:
    return Finding(
        "broken-cid",
        "error",
        f"no part of the mail is called {excerpt(use.url[4:])}: a broken image is shown",
        use.where,
        mend="Take the URL that Message.inline() or inline_image() gives.",
    )


def _name(cid: str) -> str:
    return unquote(cid).casefold()
