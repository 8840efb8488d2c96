"""White space as HTML treats it, and the invisible signs that fill previews."""

from __future__ import annotations

import re

from .blocks import BREAK, HARD

_COLLAPSED = re.compile(r"[ \t\n\f\r]+")
_LINE_END = re.compile(r"\r\n?")
_MANY = re.compile(r"(?:^|(?<=\n)) ++| {2,}+")
_AROUND_BREAK = re.compile(f"[ \u00a0\u2007]*+{BREAK}[ \u00a0\u2007]*+")
_EDGES = " \u00a0\u2007\u200c\u200d"
# Filling is a run of these; joiners alone, between two letters, are spelling (Persian, emoji).
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b\u2060\ufeff"
_FILLING = re.compile(
    f"[ \u00a0\u2007]{{0,9}}+[\u200c\u200d{_INVISIBLE}][\u200c\u200d{_INVISIBLE} \u00a0\u2007]*+"
)
_DROPPED = str.maketrans(dict.fromkeys(_INVISIBLE))


def kept(text: str, space: str) -> str:
    """The text with the breaks and spaces marked that `white-space: {space}` keeps."""
    text = _LINE_END.sub("\n", text)
    if space == "pre":
        text = text.expandtabs(8).replace(" ", HARD)
    elif space != "pre-line":
        text = _MANY.sub(lambda found: HARD * len(found[0]), text.expandtabs(8))
    return text.replace("\n", BREAK)


def collapsed(text: str) -> str:
    """One space for many, none at the ends of lines, and no invisible filling.

    >>> collapsed("  Hello   world \u00a0\u200c")
    'Hello world'
    """
    if text.isascii():
        return " ".join(text.split())
    if _FILLING.search(text):
        text = _FILLING.sub(_unfilled, text)
    text = _COLLAPSED.sub(" ", text).strip(_EDGES)
    return _AROUND_BREAK.sub(BREAK, text) if BREAK in text else text


def _unfilled(found: re.Match[str]) -> str:
    run = found[0]
    if " " in run or "\u00a0" in run or "\u2007" in run:
        return " "
    return run.translate(_DROPPED)
