"""An attachment as it may leave: to be kept, not to be opened in a page of ours."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from ..compose.mime import ParsedPart

POLICY = "sandbox; default-src 'none'"
_SAFE = frozenset(
    """
    application/gzip application/json application/pdf application/zip image/gif image/jpeg image/png
    image/webp text/calendar text/csv text/plain
    """.split()
)
"""Types that run nothing, if somebody opens them after all; the others are octets."""
PICTURES = frozenset("image/gif image/jpeg image/png image/webp".split())


def headers(part: ParsedPart, name: str) -> dict[str, str]:
    """Of an answer that hands the file over."""
    kind = part.content_type if part.content_type in _SAFE else "application/octet-stream"
    return {
        "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": POLICY,
    }


def disposition(name: str) -> str:
    r"""For a file of this name, whatever characters it has (RFC 6266, RFC 8187).

    >>> disposition('a_b.txt')
    'attachment; filename="a_b.txt"; filename*=UTF-8\'\'a_b.txt'
    """
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def name_of(part: ParsedPart, index: int) -> str:
    """The file's own name, without what leads out of a folder or turns the direction of text."""
    kept = "".join(_kept(character) for character in part.filename)
    name = re.sub(r"\s+", " ", kept).strip(" .")[-150:]
    return name or f"part-{index + 1}{_SUFFIXES.get(part.content_type, '.bin')}"


def _kept(character: str) -> str:
    if character in '/\\:*?"<>|\ufffd' or unicodedata.category(character)[0] == "C":
        return "_"
    return character


_SUFFIXES = {
    "text/plain": ".txt",
    "text/html": ".html",
    "message/rfc822": ".eml",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
}
