"""Words, to compare two texts by."""

from __future__ import annotations

import re
from collections.abc import Iterable

_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"]++|\b(?:mailto|tel):[^\s<>\"]++", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)
"""Scripts without a space between words, or with endings onto them: pairs of letters count."""


def words(text: str) -> list[str]:
    """In order, without those of addresses.

    >>> words("Pay 12 EUR: https://example.com/pay"), words("日本語")
    (['pay', '12', 'eur'], ['日本', '本語'])
    """
    return [word for run in _WORD.findall(_URL.sub(" ", text).casefold()) for word in _split(run)]


def _split(run: str) -> Iterable[str]:
    if len(run) > 2 and _UNSPACED.search(run):
        return [run[place : place + 2] for place in range(len(run) - 1)]
    return [run]
