"""How many columns text takes on a screen of fixed width, and lines that keep within them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_UNUSUAL = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0590-\u200f\u2028-\u202e\u2060-\u206f\u20d0-\u20ff\u2300-\U0010ffff]"
)
_JOINED = re.compile("\u200d.", re.DOTALL)
_AS_EMOJI = re.compile("[\u00a9-\u2bff]\ufe0f")
_SKIN = range(0x1F3FB, 0x1F400)
_VOWELS_AND_FINALS = range(0x1160, 0x1200)

# Between ideographs and kana a line may end anywhere, but not before a closing sign and not
# behind an opening one. Hangul has spaces.
_WIDE = (
    "\u2e80-\u3004\u3006\u3007\u3012-\u303e\u3041-\u4dbf\u4e00-\ua4cf\uf900-\ufaff\uff01-\uff60"
    "\U00020000-\U0003fffd"
)
_OPENING = "（「『【〈《〔［｛〘〚“‘([{"
_CLOSING = (
    "、。，．・：；？！゛゜ヽヾゝゞ々ー」』）】〉》〕］｝〙〛”’…‥"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.;:!?)}\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\\]"
)
_UNIT = re.compile(
    rf"[ ]?+(?:<[a-z][a-z0-9+.-]*+:[^ <>]*+>[{_CLOSING}]*+|https?://[^ ]++"
    rf"|[{re.escape(_OPENING)}]{{0,4}}[{_WIDE}][{_CLOSING}]*+|[^ {_WIDE}]++|(?= |$))",
    re.IGNORECASE,
)
_WORD = re.compile("^[^ ]*+| [^ ]*+")
_BREAKABLE = re.compile(f"[{_WIDE}]")


def columns(text: str) -> int:
    """East-Asian signs and emoji count two, what joins the sign before it counts none.

    >>> columns("e\u0301"), columns("日本"), columns("👩‍🚀"), columns("❤️")
    (1, 4, 2, 2)
    """
    if text.isascii() or not _UNUSUAL.search(text):
        return len(text)
    widened = len([1 for found in _AS_EMOJI.findall(text) if _of(found[0]) == 1])
    return widened + sum(map(_of, _JOINED.sub("", text)))


def _known(unit: str) -> int:
    return _of_short(unit) if len(unit) < 16 else columns(unit)


_of_short = lru_cache(maxsize=4096)(columns)


@lru_cache(maxsize=8192)
def _of(sign: str) -> int:
    code = ord(sign)
    if code in _SKIN or code in _VOWELS_AND_FINALS:
        return 0
    if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(sign) in {"W", "F"} else 1


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most `width` columns, with `first` and `rest` in front; words stay whole.

    >>> wrapped("one two three", 9, "- ", "  ")
    ['- one two', '  three']
    """
    if len(first) + len(text) <= width and not _UNUSUAL.search(text):
        return [first + text]
    return _broken(text, width, first, rest)


def _broken(text: str, width: int, first: str, rest: str) -> list[str]:
    lines, line, room = list[str](), list[str](), width - columns(first)
    units = _units(text)
    for unit, need in zip(units, map(_known, units), strict=True):
        if need > room and line:
            lines.append(first + "".join(line).strip(" "))
            first, line, room = rest, [], width - columns(rest)
            unit = unit.lstrip(" ")
            need = _known(unit)
        line.append(unit)
        room -= need
    return [*lines, first + "".join(line).strip(" ")]


def _units(text: str) -> list[str]:
    """Words, with the space before them; ideographs one by one."""
    return (_UNIT if _BREAKABLE.search(text) else _WORD).findall(text)
