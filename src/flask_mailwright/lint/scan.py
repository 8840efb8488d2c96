"""HTML as a row of tags, texts and comments, in linear time whatever it holds (HTML §13.2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TAG = re.compile(
    r"<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:\"[^\"]*+\"?+|'[^']*+'?+)?+)*+)(>?)"
)
_RAW = {
    tag: re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE)
    for tag in ("script", "style", "textarea", "title", "xmp", "iframe", "noframes")
}
"""Elements whose content is text, whatever it looks like."""


class Token(NamedTuple):
    """A piece of HTML and where it starts.

    `kind`: `open`, `close`, `text`, `raw` (the content of a style element and the like), `comment`
    or `declaration`; `name` of a tag is in lower case; `text` is that of a tag's attributes, too.
    """

    kind: str
    name: str
    text: str
    start: int


def scan(source: str, begin: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of that stretch, in order; nothing is raised, and what never ends ends with it."""
    at, end = begin, len(source) if end is None else end
    while at < end:
        opening = source.find("<", at, end)
        if opening < 0:
            opening = end
        if opening > at:
            yield Token("text", "", source[at:opening], at)
        if opening == end:
            return
        token, at = _markup(source, opening, end)
        if token is not None:
            yield token
            if token.kind == "open" and token.name in _RAW:
                raw = _RAW[token.name].search(source, at, end)
                stop = end if raw is None else raw.start()
                yield Token("raw", token.name, source[at:stop], at)
                at = stop


def _markup(source: str, start: int, end: int) -> tuple[Token | None, int]:
    if source.startswith("<!--", start):
        return _until("comment", "-->", source, start + 4, end)
    if source.startswith(("<!", "<?"), start):
        return _until("declaration", ">", source, start + 2, end)
    found = _TAG.match(source, start, end)
    if found is None:
        return Token("text", "", "<", start), start + 1
    if not found[4]:
        return None, end
    kind = "close" if found[1] else "open"
    return Token(kind, found[2].lower(), found[3], start), found.end()


def _until(kind: str, mark: str, source: str, start: int, end: int) -> tuple[Token, int]:
    stop = source.find(mark, start, end)
    if stop < 0:
        return Token(kind, "", source[start:end], start), end
    return Token(kind, "", source[start:stop], start), stop + len(mark)
