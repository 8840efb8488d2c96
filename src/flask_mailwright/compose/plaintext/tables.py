"""Tables: rows and cells as tags open and close them, on one page with all around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..markup import attributes_of
from .blocks import BREAK, WIDTH
from .cells import Row, Shape, cell, down, is_data, is_list, is_right, on_one_line, span
from .columns import columns
from .elements import Elements
from .grid import grid
from .outline import Outline
from .style import Style
from .tokens import remembered

DEEPEST = 100
"""Tables in each other; those deeper inside are paragraphs only."""
MOST_CELLS = 20_000
"""Of one mail; those after them are lines in the last of them."""


@dataclass(slots=True)
class Table:
    """A table that is open."""

    start: int
    """Where its blocks begin."""
    outside: Style
    inside: Style
    around: Elements
    """What was open when it began."""
    is_layout: bool
    rows: list[Row] = field(default_factory=list)
    row: Row | None = None
    row_style: Style = field(default_factory=Style)
    row_start: int = 0
    row_is_right: bool = False
    row_was_joined: bool = False
    """The one before it was told on one line."""
    shape: Shape | None = None
    """Of the cell that is open."""
    cell_start: int = 0
    links: int = 0
    """How many had begun before it."""


class Tables:
    """Takes the tags of tables, and passes all others on to the outline."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._page = outline.page
        self._open: list[Table] = []
        self._deeper = 0
        self._cells = 0

    def tag(self, name: str, attributes: str) -> None:
        """The next tag, as `td` or `/td`."""
        if name in _STEPS:
            self._step(name, attributes)
        elif name.startswith("/"):
            self._outline.end(name[1:])
        else:
            self._outline.begin(name, attributes)

    def finish(self) -> None:
        """The document has ended, and with it all that is open."""
        while self._open:
            self._end_table("", "")
        self._page.end_link()
        self._outline.leave_all()

    def _step(self, name: str, attributes: str) -> None:
        if self._deeper or (name == "table" and len(self._open) == DEEPEST):
            self._deeper += (name == "table") - (name == "/table")
            self._outline.begin_line()
            self._page.gap = True
        elif self._cells > MOST_CELLS and name in _WITHIN:
            self._outline.begin_line()
        elif self._open or name == "table":
            _STEPS[name](self, name, attributes)

    def _begin_table(self, name: str, attributes: str) -> None:
        page, outline = self._page, self._outline
        outline.begin_line()
        page.gap = True
        inside = page.style.inside(attributes)
        if self._open and inside.legible:
            self._open[-1].is_layout = True
        self._open.append(
            Table(len(page.blocks), page.style, inside, outline.elements, _is_layout(attributes))
        )
        outline.elements = Elements()
        page.style = inside.apart()

    def _begin_row(self, name: str, attributes: str) -> None:
        table, page = self._open[-1], self._page
        self._end_row("", "")
        self._end_loose()
        table.row, table.row_start = [], len(page.blocks)
        table.row_style = page.style = table.inside.inside(attributes)
        table.row_is_right = is_right(attributes)
        page.gap = True

    def _begin_cell(self, name: str, attributes: str) -> None:
        table, page = self._open[-1], self._page
        if table.row is None:
            self._begin_row("", "")
        self._end_cell("", "")
        self._end_loose()
        right = table.row_is_right or is_right(attributes)
        self._cells += 1
        table.shape = Shape(span(attributes), right, name == "th", down(attributes))
        table.cell_start, table.links = len(page.blocks), page.links
        page.style = table.row_style.inside(attributes).apart()
        page.gap = True

    def _end_cell(self, name: str, attributes: str) -> None:
        table, page = self._open[-1], self._page
        if table.shape is None or table.row is None:
            return
        page.end_link(since=table.links)
        self._outline.leave_all()
        table.row.append(cell(page.blocks, table.cell_start, table.inside.prefix, table.shape))
        table.shape = None
        page.style = table.row_style

    def _end_row(self, name: str, attributes: str) -> None:
        self._end_cell("", "")
        table, page = self._open[-1], self._page
        row, table.row = table.row, None
        if row is None:
            return
        table.rows.append(row)
        line = on_one_line(row, WIDTH - columns(table.inside.prefix))
        if line is not None:
            self._join(table, line)
        elif is_list(row):
            page.close_up(table.row_start + 1)
        table.row_was_joined = line is not None
        page.style = table.inside

    def _join(self, table: Table, line: str) -> None:
        """A row on one line; rows that are so stand close together."""
        page = self._page
        page.replace(table.row_start, line, "text")
        if table.row_was_joined:
            page.blocks[-1] = page.blocks[-1]._replace(gap=False)

    def _end_caption(self, name: str, attributes: str) -> None:
        """It stands before the table."""
        table = self._open[-1]
        self._outline.end("caption")
        if table.row is None and not table.rows:
            table.start = len(self._page.blocks)

    def _end_loose(self) -> None:
        """Text between the cells makes the table layout."""
        if not self._outline.elements.open and not self._page.is_amid:
            return
        before = len(self._page.blocks)
        self._outline.leave_all()
        if len(self._page.blocks) > before:
            self._open[-1].is_layout = True

    def _end_table(self, name: str, attributes: str) -> None:
        page = self._page
        self._end_row("", "")
        self._end_loose()
        table = self._open.pop()
        if len(page.blocks) > table.start and not table.is_layout and is_data(table.rows):
            lines = grid(table.rows, WIDTH - columns(table.inside.prefix))
            page.replace(table.start, BREAK.join(lines), "kept")
        self._outline.elements = table.around
        page.style, page.gap = table.outside, True


@remembered
def _is_layout(written: str) -> bool:
    lowered = written.lower()
    if "presentation" not in lowered and "none" not in lowered:
        return False
    return attributes_of(lowered).get("role") in {"presentation", "none"}


_STEPS: dict[str, Callable[[Tables, str, str], None]] = {
    "table": Tables._begin_table,
    "tr": Tables._begin_row,
    "td": Tables._begin_cell,
    "th": Tables._begin_cell,
    "/td": Tables._end_cell,
    "/th": Tables._end_cell,
    "/tr": Tables._end_row,
    "/table": Tables._end_table,
    "/caption": Tables._end_caption,
}
_WITHIN = _STEPS.keys() - {"table", "/table"}
