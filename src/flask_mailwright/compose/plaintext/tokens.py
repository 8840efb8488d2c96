"""HTML as tags and the text behind them, cut as the HTML standard does (§13.2.5), in linear time.

The standard library's parser is quadratic on some input, and differs between patch releases.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from ..markup import ATTRIBUTES

T = TypeVar("T")
REMEMBERED = 400
"""Characters; longer attributes are read each time, so that little memory is kept."""

# Every repetition is possessive, and each "<" is taken by a branch or the text: nothing is read
# twice. What is never closed ends with the document.
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


def remembered(read: Callable[[str], T]) -> Callable[[str], T]:
    """`read` with a memory for attributes as written: one mail repeats them, and the next does."""
    known = lru_cache(maxsize=2048)(read)

    def recall(written: str) -> T:
        return known(written) if len(written) < REMEMBERED else read(written)

    return recall
