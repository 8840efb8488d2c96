"""The page as far as it is written: blocks that are complete, and the paragraph in hand."""

from __future__ import annotations

from .blocks import BREAK, HARD, Block, Kind
from .links import Link, linked, told
from .spaces import collapsed, kept
from .style import Style

DEEPEST = 36
"""Columns of bullets and quotes; what is nested deeper is indented no further."""


class Page:
    """Takes text and what stands between it, in the order of the document."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.style = Style()
        """Of what comes next."""
        self.gap = False
        """An empty line belongs before the next block."""
        self.links = 0
        """How many have begun."""
        self._pieces: list[str] = []
        self._lead: str | None = None
        """What the next line begins with, when a bullet waits for its text."""
        self._link: Link | None = None

    @property
    def is_amid(self) -> bool:
        """A paragraph is begun."""
        return bool(self._pieces)

    def text(self, text: str) -> None:
        """Go on with the paragraph."""
        style = self.style
        if not style.legible:
            return
        if style.space:
            text = kept(text, style.space)
        elif not self._pieces and text.isspace():
            return
        self._pieces.append(text)

    def line_break(self) -> None:
        """Go on with the paragraph on a new line."""
        if self.style.legible:
            self._pieces.append(BREAK)

    def image(self, alt: str) -> None:
        """An image is its alternative text; in brackets, when it is not that of a link."""
        if self._link and not alt:
            self._link = self._link._replace(pictured=True)
        elif alt:
            self._pieces.append(alt if self._link else f"[{alt}]")

    def flush(self) -> None:
        """The paragraph in hand is a block, unless it is nothing but space."""
        if not self._pieces:
            return
        text = collapsed("".join(self._pieces))
        self._pieces.clear()
        if self._link:
            self._link = self._link._replace(piece=0)
        if BREAK in text or HARD in text:
            self._add_broken(text, text.strip(BREAK))
        elif text:
            self.add(text, self.style.kind)

    def add(self, text: str, kind: Kind) -> None:
        """A block at this place."""
        first = self.style.prefix if self._lead is None else self._lead
        self.blocks.append(Block(self.gap, first, self.style.prefix, text, kind))
        self.gap, self._lead = False, None

    def rule(self) -> None:
        """A line across the page."""
        self.gap = True
        self.add("", "rule")
        self.gap = True

    def replace(self, start: int, text: str, kind: Kind) -> None:
        """One block in place of all from that one on; it begins as they began."""
        first = self.blocks[start]
        self.blocks[start:] = [first._replace(text=text, kind=kind)]

    def close_up(self, start: int) -> None:
        """No empty line stands before any block from that one on."""
        self.blocks[start:] = [block._replace(gap=False) for block in self.blocks[start:]]

    def indent(self, first: str, rest: str, item: str | None = None) -> None:
        """Put `first` before the next line, and `rest` before those after it, in such an item."""
        style, prefix = self.style, self.style.prefix
        if len(prefix) < DEEPEST:
            if self._lead is not None or first != rest:
                self._lead = (prefix if self._lead is None else self._lead) + first
            prefix += rest
        self.style = style._replace(prefix=prefix, item=style.item if item is None else item)

    def drop_lead(self) -> None:
        """The bullet got no text."""
        self._lead = None

    def begin_link(self, address: str) -> None:
        """What follows leads to this address."""
        if self._pieces and self._pieces[-1].endswith(">"):
            self._pieces.append(" ")
        self.links += 1
        self._link = Link(address, self.links, len(self.blocks), len(self._pieces))

    def end_link(self, since: int = 0) -> None:
        """Say where the link leads; leave it open when it is none after that number."""
        link = self._link
        if link is None or link.number <= since:
            return
        self._link = None
        if len(self.blocks) == link.block:
            self._pieces[link.piece :] = [linked("".join(self._pieces[link.piece :]), link)]
        elif any(not piece.isspace() for piece in self._pieces):
            self._pieces.append(f" <{link.address}>")
        else:
            self._lead_on(link.address)

    def _lead_on(self, address: str) -> None:
        """The link held blocks: its address stands behind the last of them."""
        last = self.blocks[-1]
        if last.kind in {"text", "title", "heading"}:
            self.blocks[-1] = last._replace(text=told(last.text, address))
        else:
            self.add(address, "text")

    def _add_broken(self, text: str, body: str) -> None:
        """Breaks at its ends are empty lines around it; breaks alone are one."""
        if not body.strip(HARD):
            self.gap |= BREAK in text
            return
        self.gap |= text.startswith(BREAK)
        self.add(body, "kept" if self.style.space == "pre" else self.style.kind)
        self.gap = text.endswith(BREAK * 2)
