"""A data table as lines: aligned columns, or one record after another when it is too wide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from .cells import ADDRESS, GAP, Cell, Row, Shape
from .columns import columns, wrapped

MOST = 24
"""Columns of a table; wider ones are told as records."""
NARROWEST = 12
"""The width that a column may be made to wrap at."""
_EMPTY = Cell((), 0, *Shape())


def grid(rows: list[Row], width: int) -> list[str]:
    """The table within `width`, as far as its words allow."""
    rows = [row for row in _filled(rows) if any(cell.lines for cell in row)]
    if max((sum(cell.span for cell in row) for row in rows), default=0) > MOST:
        return _records(rows, width)
    widths = _fitted(rows, _natural(rows), width)
    return _aligned(rows, widths) if widths else _records(rows, width)


def _filled(rows: list[Row]) -> list[Row]:
    """Empty cells stand below one that takes several rows: its neighbours keep their columns."""
    below: dict[int, int] = {}
    return [_beside(row, below) for row in rows]


def _beside(row: Row, below: dict[int, int]) -> Row:
    """The row with what reaches into it; then `below` is what reaches into the next one."""
    filled: Row = []
    at, here = 0, dict(below)
    below.clear()
    below.update({column: more - 1 for column, more in here.items() if more > 1})
    for cell in row:
        while at in here:
            filled.append(_EMPTY)
            at += 1
        filled.append(cell)
        if cell.down > 1:
            below.update(dict.fromkeys(range(at, min(at + cell.span, MOST)), cell.down - 1))
        at += cell.span
    return filled


def _placed(row: Row) -> Iterator[tuple[int, Cell]]:
    """Each cell with the number of its first column."""
    return zip(accumulate((cell.span for cell in row), initial=0), row, strict=False)


def _natural(rows: list[Row]) -> list[int]:
    """The widest text of each column; a column of empty cells has no width."""
    widths = [0] * max((sum(cell.span for cell in row) for row in rows), default=0)
    for row in rows:
        for at, cell in _placed(row):
            if cell.span == 1:
                widths[at] = max(widths[at], _widest(cell))
    for row in rows:
        for at, cell in _placed(row):
            _stretch(widths, at, cell)
    return widths


def _widest(cell: Cell) -> int:
    return max(map(columns, cell.lines or ()), default=0)


def _stretch(widths: list[int], at: int, cell: Cell) -> None:
    """Give the last column of a spanned cell what its text needs more."""
    if cell.span > 1 and cell.lines:
        missing = _widest(cell) - _breadth(widths[at : at + cell.span])
        widths[at + cell.span - 1] += max(missing, 0)


def _breadth(widths: list[int]) -> int:
    full = [width for width in widths if width]
    return sum(full) + len(GAP) * max(len(full) - 1, 0)


def _fitted(rows: list[Row], widths: list[int], width: int) -> list[int] | None:
    """The widest column gives way, down to its longest word.

    An address may stick out of the last column: it stays whole, and nothing stands behind it.
    """
    over = _breadth(widths) - width
    if over <= 0:
        return widths
    widest = widths.index(max(widths))
    is_last = not any(widths[widest + 1 :])
    words = (
        columns(word)
        for row in rows
        for at, cell in _placed(row)
        if at <= widest < at + cell.span
        for line in cell.lines or ()
        for word in line.split(" ")
        if not (is_last and ADDRESS.match(word))
    )
    room = widths[widest] - over
    if room < max(NARROWEST, max(words, default=0)):
        return None
    return [*widths[:widest], room, *widths[widest + 1 :]]


def _aligned(rows: list[Row], widths: list[int]) -> list[str]:
    right = _right_columns(rows, len(widths))
    lines: list[str] = []
    for number, row in enumerate(rows):
        lines += _row_lines(row, widths, right)
        if number == 0 and len(rows) > 1 and all(cell.heads or not cell.lines for cell in row):
            lines.append(GAP.join("-" * width for width in widths if width))
    return lines


def _right_columns(rows: list[Row], count: int) -> list[bool]:
    """Where all cells below the headings are set to the right, so is the heading."""
    seen, left = [False] * count, [False] * count
    for row in rows:
        for at, cell in _placed(row):
            if cell.lines and not cell.heads:
                seen[at] = True
                left[at] |= not cell.right
    return [one and not other for one, other in zip(seen, left, strict=True)]


def _row_lines(row: Row, widths: list[int], right: list[bool]) -> list[str]:
    """The row's cells side by side, as high as the highest of them."""
    boxes = [
        _box(cell, _breadth(widths[at : at + cell.span]), cell.right or (cell.heads and right[at]))
        for at, cell in _placed(row)
        if any(widths[at : at + cell.span])
    ]
    return [GAP.join(line) for line in zip(*_level(boxes), strict=True)]


def _box(cell: Cell, width: int, right: bool) -> list[str]:
    if not cell.lines:
        return [" " * width]
    return [_padded(part, width, right) for line in cell.lines for part in wrapped(line, width)]


def _padded(line: str, width: int, right: bool) -> str:
    space = " " * (width - columns(line))
    return space + line if right else line + space


def _level(boxes: list[list[str]]) -> list[list[str]]:
    """All as high as the highest."""
    height = max(map(len, boxes))
    if height == 1:
        return boxes
    return [box + [" " * columns(box[0])] * (height - len(box)) for box in boxes]


def _records(rows: list[Row], width: int) -> list[str]:
    """Each row as lines of its own, its cells behind the words that head their columns."""
    headed = len(rows) > 1 and all(cell.heads or not cell.lines for cell in rows[0])
    heads = {at: " ".join(cell.lines or ()) for at, cell in _placed(rows[0])} if headed else {}
    lines: list[str] = []
    for row in rows[1:] if headed else rows:
        lines += [""] if lines else []
        for at, cell in _placed(row):
            lines += _entry(heads.get(at, ""), " ".join(cell.lines or ()), width)
    return lines


def _entry(head: str, text: str, width: int) -> list[str]:
    if not text:
        return []
    return wrapped(f"{head.rstrip(':')}: {text}" if head else text, width, "", GAP if head else "")
