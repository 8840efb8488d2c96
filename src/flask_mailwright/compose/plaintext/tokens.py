"""HTML as tags and the text behind them, cut as the HTML standard does (§13.2.5), in linear time.

The standard library's parser is quadratic on some input, and differs between patch releases.
"""

from __future__ import annotations

import html as standard
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
REMEMBERED = 400
"""Characters; longer attributes are read each time, so that little memory is kept."""

# Every repetition is possessive, and each "<" is taken by a branch or the text: nothing is read
# twice. What is never closed ends with the document.
ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)*+"""
_TOKEN = re.compile(
    rf"""
    (?:<(?:
        (script|style|title|textarea|iframe|noembed|noframes)(?=[\s/>]){ATTRIBUTES}>
            (?:[^<]++|<(?!/\1[\s/>]))*+                # it holds no tags
      | (/?[a-z][^\s/>]*+)({ATTRIBUTES})>
      | !--(?=-?>)-?> | !--(?:[^-]++|-(?!-!?>))*+(?:--!?>)?+
      | [!?][^>]*+>?+ | /(?![a-z])[^>]*+>?+
      | /?[a-z].*+
    ))?+
    ([^<]*+(?:<(?![a-z/!?])[^<]*+)*+)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(
    r"""([^\s=/>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+)))?+"""
)
_REFERENCE = re.compile(
    r"&(?:#[0-9]{1,7}+(?![0-9]);?|#x[0-9a-f]{1,6}+(?![0-9a-f]);?|[a-z][a-z0-9]{1,31};?)", re.I
)
_CLAIMED = re.compile(r"[a-z0-9=]", re.I)


def tokens(html: str) -> Iterator[tuple[str, str, str]]:
    """Each tag's name (`td`, `/td`), its attributes as written, and the text up to the next tag.

    The name is empty where there is none: before the first tag, and after a comment.
    """
    for found in _TOKEN.finditer(html):
        name, attributes, text = found.group(2, 3, 4)
        if name:
            yield name.lower(), attributes, text
        elif text:
            yield "", "", text


def attributes_of(written: str) -> dict[str, str]:
    """The attributes by name; the first of a name counts.

    >>> attributes_of(' HREF="?a=1&copy=2&amp;b" hidden')
    {'href': '?a=1&copy=2&b', 'hidden': ''}
    """
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), _value(double or single or bare))
    return found


def remembered(read: Callable[[str], T]) -> Callable[[str], T]:
    """`read` with a memory for attributes as written: one mail repeats them, and the next does."""
    known = lru_cache(maxsize=2048)(read)

    def recall(written: str) -> T:
        return known(written) if len(written) < REMEMBERED else read(written)

    return recall


def unescaped(text: str) -> str:
    """The text with its character references resolved."""
    return _REFERENCE.sub(lambda found: standard.unescape(found[0]), text)


def _value(written: str) -> str:
    if "&" not in written:
        return written
    return _REFERENCE.sub(lambda found: _in_value(found, written), written)


def _in_value(found: re.Match[str], written: str) -> str:
    """A name without its semicolon, in front of a letter, a digit or "=", is part of a URL."""
    name = found[0]
    named = not name.startswith("&#") and not name.endswith(";")
    if named and _CLAIMED.match(written, found.end()):
        return name
    return standard.unescape(name)
