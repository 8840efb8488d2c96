"""The elements that are open, up to the cell around them, as end tags see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .style import Style

Counts = dict[str, int]
_NONE: Counts = {}
"""Of a block without inline elements; most are."""


class Left(NamedTuple):
    """An element that has ended, and the style around it."""

    name: str
    style: Style
    was_block: bool


class Elements:
    """Open elements, each with the style around it.

    An end tag closes the nearest element of its name. One of a block does not reach out of its
    cell, one of an inline element not out of its block. Every element is left once, and one that
    is not open is known without looking through them all.
    """

    __slots__ = ("_blocks", "_inline", "open")

    def __init__(self) -> None:
        self.open: list[tuple[str, Style, Counts | None]] = []
        self._blocks: Counts = {}
        self._inline: Counts = _NONE

    def enter(self, name: str, style: Style) -> None:
        """Begin an inline element inside of `style`."""
        self.open.append((name, style, None))
        if self._inline is _NONE:
            self._inline = {}
        self._inline[name] = self._inline.get(name, 0) + 1

    def enter_block(self, name: str, style: Style) -> None:
        """Begin a block inside of `style`."""
        self.open.append((name, style, self._inline))
        self._blocks[name] = self._blocks.get(name, 0) + 1
        self._inline = _NONE

    def has_block(self, name: str) -> bool:
        """Whether such a block is open."""
        return self._blocks.get(name, 0) > 0

    def has_inline(self, name: str) -> bool:
        """Whether such an element is open in the innermost block."""
        return self._inline.get(name, 0) > 0

    def leave(self, name: str) -> Iterator[Left]:
        """End the innermost element of this name, and before it all in it."""
        while self.open:
            last = self._leave_one()
            yield last
            if last.name == name:
                return

    def leave_all(self) -> Iterator[Left]:
        """End what is still open."""
        while self.open:
            yield self._leave_one()

    def _leave_one(self) -> Left:
        name, style, inline = self.open.pop()
        if inline is None:
            self._inline[name] -= 1
        else:
            self._blocks[name] -= 1
            self._inline = inline
        return Left(name, style, inline is not None)
