"""Blocks, which follow each other down the page, and the lines they become."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Literal, NamedTuple

from .columns import columns, wrapped

WIDTH = 72
BREAK = "\ufdd0"
"""A line break that was asked for (a noncharacter: no text holds one)."""
HARD = "\ufdd1"
"""A space that was asked for, where others would collapse."""
RULE = "-" * WIDTH

Kind = Literal["text", "kept", "title", "heading", "rule"]

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NARROW = str.maketrans({"\u00a0": " ", HARD: " ", "\u2007": " "})


class Block(NamedTuple):
    """One paragraph, or one thing that is laid out already (`kept`)."""

    gap: bool
    """An empty line stands before it."""
    first: str
    rest: str
    """What its first line and all others begin with: a bullet, an indent, a quote."""
    text: str
    kind: Kind


def lines(blocks: Iterable[Block]) -> list[str]:
    """All lines; never two empty ones in a row, and none at either end."""
    found: list[str] = []
    for line in map(_clean, _all_lines(blocks)):
        if line or (found and found[-1]):
            found.append(line)
    while found and not found[-1]:
        found.pop()
    return found


def _all_lines(blocks: Iterable[Block]) -> Iterator[str]:
    before: Block | None = None
    for block in blocks:
        if block.gap and before:
            yield _between(before.rest, block.rest)
        yield from _lines(block)
        before = block


def _between(above: str, below: str) -> str:
    """An empty line is part of a quote when both its neighbours are."""
    shared = takewhile(lambda signs: signs[0] == signs[1], zip(above, below, strict=False))
    return "".join(sign for sign, _ in shared) if ">" in above else ""


def _lines(block: Block) -> list[str]:
    if block.kind == "text" and BREAK not in block.text:
        return wrapped(block.text, WIDTH, block.first, block.rest)
    if block.kind == "rule":
        return [block.first + RULE[columns(block.first) :]]
    first, found = block.first, list[str]()
    for line in block.text.split(BREAK):
        if block.kind == "kept":
            found.append(first + line)
        else:
            found += wrapped(line, WIDTH, first, block.rest)
        first = block.rest
    return found + _underline(block, found)


def _underline(block: Block, above: list[str]) -> list[str]:
    """At least three signs: two would begin a signature."""
    if block.kind not in {"title", "heading"}:
        return []
    length = max(map(columns, above)) - columns(block.first)
    sign = "=" if block.kind == "title" else "-"
    return [block.rest + sign * min(max(length, 3), WIDTH)]


def _clean(line: str) -> str:
    if not line.isascii():
        line = line.translate(_NARROW)
    return (line if line.isprintable() else _CONTROLS.sub("", line)).rstrip()
