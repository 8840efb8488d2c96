"""Cells that are complete: what they hold decides whether a table is data or layout."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..markup import attributes_of
from .blocks import BREAK, Block
from .columns import columns
from .tokens import remembered

SHORT = 60
"""Columns; longer text is no cell of a data table, unless the table has headings."""
MOST_BLOCKS = 4
"""In one cell of a table with headings."""
GAP = "  "
"""Between cells side by side."""

ADDRESS = re.compile(r"(?:<[a-z][a-z0-9+.-]*+:|https?://)[^ ]*+", re.IGNORECASE)

_SPAN = re.compile(r"\s*([0-9]{1,4})(?![0-9])")
_RIGHT = re.compile(r"text-align\s*:\s*(?:right|end)")


class Shape(NamedTuple):
    """What the tag of a cell says."""

    span: int = 1
    right: bool = False
    heads: bool = False
    down: int = 1


class Cell(NamedTuple):
    """What the cell holds: no lines when it is empty, None when it is more than plain text."""

    lines: tuple[str, ...] | None
    blocks: int
    span: int
    right: bool
    heads: bool
    down: int
    """How many rows it takes."""


Row = list[Cell]


@remembered
def span(written: str) -> int:
    """How many columns a cell with these attributes takes."""
    return _spanned(written.lower(), "colspan")


@remembered
def down(written: str) -> int:
    """How many rows it takes."""
    return _spanned(written.lower(), "rowspan")


def _spanned(lowered: str, name: str) -> int:
    found = _SPAN.match(attributes_of(lowered).get(name, "")) if name in lowered else None
    return max(int(found[1]), 1) if found else 1


@remembered
def is_right(written: str) -> bool:
    """A row or a cell with these attributes is set to the right."""
    lowered = written.lower()
    if "right" not in lowered and "end" not in lowered:
        return False
    attributes = attributes_of(lowered)
    return attributes.get("align") == "right" or bool(_RIGHT.search(attributes.get("style", "")))


def cell(page: Sequence[Block], start: int, prefix: str, shape: Shape) -> Cell:
    """The cell that holds all blocks from `start` on, in a table with this prefix."""
    count = len(page) - start
    if count == 0:
        return Cell((), 0, *shape)
    # No more of them are looked at: tables may stand in each other a thousand times.
    lines = _plain_lines(page[start:], prefix) if count <= MOST_BLOCKS else None
    return Cell(lines, count, *shape)


def _plain_lines(blocks: Iterable[Block], prefix: str) -> tuple[str, ...] | None:
    for block in blocks:
        if block.kind != "text" or block.rest != prefix:
            return None
    return tuple([line for block in blocks for line in block.text.split(BREAK) if line])


def is_data(rows: Sequence[Row]) -> bool:
    """The cells are to be read along rows and columns."""
    cells = [cell for row in rows for cell in row]
    if any(cell.lines is None for cell in cells):
        return False
    if any(cell.heads and cell.lines for cell in cells):
        return True
    most = max((sum(1 for cell in row if cell.lines) for row in rows), default=0)
    return most > 1 and all(cell.blocks < 2 and _is_short(cell) for cell in cells)


def _is_short(cell: Cell) -> bool:
    """But for the addresses of its links."""
    return all(
        columns(line if len(line) <= SHORT else ADDRESS.sub("", line)) <= SHORT
        for line in cell.lines or ()
    )


def is_list(row: Row) -> bool:
    """Each cell of a layout is one short line, as in a row of links."""
    full = [cell for cell in row if cell.blocks]
    return all(cell.lines and len(cell.lines) == 1 and _is_short(cell) for cell in full)


def on_one_line(row: Row, room: int) -> str | None:
    """The cells of a layout side by side, when each is one short line and all have room."""
    full = [cell.lines for cell in row if cell.blocks]
    if len(full) < 2:
        return None
    texts = [lines[0] for lines in full if lines and len(lines) == 1]
    line = GAP.join(texts)
    return line if len(texts) == len(full) and columns(line) <= room else None
