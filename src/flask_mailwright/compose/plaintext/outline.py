"""From tags to blocks: what opens and closes a paragraph, a list, a quote, a heading, a link."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

from ..markup import attributes_of
from .elements import Elements, Left
from .links import shown
from .page import Page
from .style import looks_of
from .tokens import remembered

SPACED = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl menu blockquote pre figure".split())
"""An empty line stands before and after them."""
BLOCKS = SPACED | frozenset(
    "div center section article header footer main nav aside address fieldset form details summary"
    " figcaption legend li dt dd body html caption".split()
)
LISTS = frozenset("ul ol menu dl".split())
ITEMS = frozenset("li dt dd".split())
IGNORED = frozenset(
    "head meta link base col colgroup thead tbody tfoot wbr input area embed source track param"
    " noscript".split()
)
DEEPEST = 500
"""Open elements; those deeper inside only begin lines. Browsers, too, stop at 512."""
GONE = frozenset("template svg math select datalist object audio video canvas".split())

_START = re.compile(r"\s*([+-]?[0-9]{1,9})(?![0-9])")


class Outline:
    """Writes a page as the tags of the document say, whatever their order."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.elements = Elements()

    def begin(self, name: str, attributes: str) -> None:
        """A start tag."""
        if name in _ALONE:
            _ALONE[name](self, attributes)
        elif len(self.elements.open) >= DEEPEST:
            self._begin_deeper(name)
        elif name in BLOCKS:
            self._begin_block(name, attributes)
        elif name not in IGNORED:
            self._begin_inline(name, attributes)

    def end(self, name: str) -> None:
        """An end tag; one that nothing answers to means nothing."""
        if name == "a":
            self.page.end_link()
        is_open = self.elements.has_block(name)
        if is_open or (name not in BLOCKS and self.elements.has_inline(name)):
            self._leave(name)

    def begin_line(self) -> None:
        """End the paragraph in hand, and with it a `p`."""
        if self.elements.has_block("p"):
            self._leave("p")
        self.page.flush()

    def leave_all(self) -> None:
        """End all elements up to the cell around them."""
        if self.elements.open:
            for left in self.elements.leave_all():
                self._left(left)
        self.page.flush()

    def _leave(self, name: str) -> None:
        for left in self.elements.leave(name):
            self._left(left)

    def _left(self, left: Left) -> None:
        page = self.page
        name, style, was_block = left
        if was_block:
            page.flush()
            if name in SPACED and not (name in LISTS and style.item):
                page.gap = True
            if name in ITEMS:
                page.drop_lead()
        page.style = style

    def _begin_deeper(self, name: str) -> None:
        if name in BLOCKS:
            self.page.flush()

    def _begin_inline(self, name: str, attributes: str) -> None:
        page = self.page
        if attributes and looks_of(attributes).block:
            page.flush()
            self.elements.enter_block(name, page.style)
        else:
            self.elements.enter(name, page.style)
        if attributes:
            page.style = page.style.inside(attributes)
        if name in GONE and not attributes.endswith("/"):
            page.style = page.style.without()

    def _begin_block(self, name: str, attributes: str) -> None:
        page = self.page
        self.begin_line()
        if name in ITEMS:
            self._end_item(name)
        if name in SPACED and not (name in LISTS and page.style.item):
            page.gap = True
        self.elements.enter_block(name, page.style)
        if attributes:
            page.style = page.style.inside(attributes)
        if name in _WITHIN:
            _WITHIN[name](self, attributes)

    def _end_item(self, name: str) -> None:
        """A new item ends the one before it, in the same list."""
        item = self.page.style.item
        if item and (item == "li") == (name == "li") and self.elements.has_block(item):
            self._leave(item)

    def _title(self, attributes: str) -> None:
        self.page.style = self.page.style._replace(kind="title")

    def _heading(self, attributes: str) -> None:
        self.page.style = self.page.style._replace(kind="heading")

    def _list(self, attributes: str) -> None:
        self.page.style = self.page.style._replace(item="", numbers=None)

    def _ordered_list(self, attributes: str) -> None:
        start = _START.match(attributes_of(attributes).get("start", ""))
        numbers = count(int(start[1]) if start else 1)
        self.page.style = self.page.style._replace(item="", numbers=numbers)

    def _item(self, attributes: str) -> None:
        style, mark = self.page.style, ""
        if style.legible:
            mark = "- " if style.numbers is None else f"{next(style.numbers)}. "
        self.page.indent(mark, " " * len(mark), "li")

    def _term(self, attributes: str) -> None:
        self.page.style = self.page.style._replace(item="dt")

    def _meaning(self, attributes: str) -> None:
        self.page.indent("    ", "    ", "dd")

    def _quote(self, attributes: str) -> None:
        self.page.indent("> ", "> ")

    def _verbatim(self, attributes: str) -> None:
        if not self.page.style.space:
            self.page.style = self.page.style._replace(space="pre")

    def _break(self, attributes: str) -> None:
        self.page.line_break()

    def _rule(self, attributes: str) -> None:
        self.begin_line()
        if self.page.style.inside(attributes).legible:
            self.page.rule()

    def _image(self, attributes: str) -> None:
        style = self.page.style.inside(attributes)
        if style.seen and not style.gone:
            self.page.image(" ".join(_alt(attributes).split()))

    def _link(self, attributes: str) -> None:
        self.page.end_link()
        self._begin_inline("a", attributes)
        address = _address(attributes)
        if address and self.page.style.seen and not self.page.style.gone:
            self.page.begin_link(address)


@remembered
def _alt(written: str) -> str:
    return attributes_of(written).get("alt", "")


@remembered
def _address(written: str) -> str:
    return shown(attributes_of(written).get("href", ""))


_Step = Callable[[Outline, str], None]
_ALONE: dict[str, _Step] = {
    "a": Outline._link,
    "br": Outline._break,
    "hr": Outline._rule,
    "img": Outline._image,
}
_WITHIN: dict[str, _Step] = {
    "h1": Outline._title,
    "h2": Outline._heading,
    "ul": Outline._list,
    "menu": Outline._list,
    "dl": Outline._list,
    "ol": Outline._ordered_list,
    "li": Outline._item,
    "dt": Outline._term,
    "dd": Outline._meaning,
    "blockquote": Outline._quote,
    "pre": Outline._verbatim,
}
