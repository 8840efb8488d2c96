"""What text inherits from the elements around it: whether it is seen, its spaces, its indent."""

from __future__ import annotations

import re
from itertools import count
from typing import NamedTuple

from ..markup import attributes_of
from .blocks import Kind
from .tokens import remembered

_TELLING = ("hid", "none", "block", "opacity", "height", "font", "white-space", "visib")
_DECLARATION = re.compile(r"(?<![a-z-])([a-z-]++)\s*+:\s*+([^;]*+)")
_ZERO = re.compile(r"[+-]?(?:0++(?:\.0*+)?+|\.0++)(?:[a-z]++|%)?+(?![.\w])")
_COLLAPSING = {"normal", "nowrap"}
_KEEPING = {"pre", "pre-wrap", "pre-line", "break-spaces"}


class Looks(NamedTuple):
    """What the attributes of one element say; None is what they leave as it was."""

    gone: bool = False
    seen: bool | None = None
    sized: bool | None = None
    space: str | None = None
    block: bool = False
    """It stands on lines of its own, whatever its name."""


class Style(NamedTuple):
    """What an element hands to the elements in it."""

    legible: bool = True
    """Text shows: it is not gone, and what follows is true."""
    gone: bool = False
    """For good; the next two may be taken back by an element inside."""
    seen: bool = True
    sized: bool = True
    space: str = ""
    """The `white-space`, when it is one that keeps spaces or breaks."""
    kind: Kind = "text"
    prefix: str = ""
    item: str = ""
    """The innermost of li, dt and dd, none in a list between its items."""
    numbers: count[int] | None = None
    """Of the list's next item, when it is ordered."""

    def inside(self, written: str) -> Style:
        """As an element with these attributes hands it on."""
        looks = looks_of(written)
        if looks is PLAIN:
            return self
        gone = self.gone or looks.gone
        seen = self.seen if looks.seen is None else looks.seen
        sized = self.sized if looks.sized is None else looks.sized
        space = self.space if looks.space is None else looks.space
        if (gone, seen, sized, space) == self[1:5]:
            return self
        legible = seen and sized and not gone
        return self._replace(legible=legible, gone=gone, seen=seen, sized=sized, space=space)

    def without(self) -> Style:
        """As an element that is never shown hands it on."""
        return self._replace(legible=False, gone=True)

    def apart(self) -> Style:
        """As a cell begins: an item or a heading around its table is none within."""
        return self._replace(item="", kind="text") if self.item or self.kind != "text" else self


PLAIN = Looks()


@remembered
def looks_of(written: str) -> Looks:
    """What the attributes, as written, say of visibility and spaces."""
    lowered = written.lower()
    if not any(word in lowered for word in _TELLING):
        return PLAIN
    attributes = attributes_of(lowered)
    said = dict(_DECLARATION.findall(attributes.get("style", "")))
    is_block = said.get("display", "").startswith("block")
    looks = Looks(_is_gone(attributes, said), _seen(said), _sized(said), _space(said), is_block)
    return PLAIN if looks == PLAIN else looks


def _is_gone(attributes: dict[str, str], said: dict[str, str]) -> bool:
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or said.get("display", "").startswith("none")
        or _is_zero(said.get("opacity"))
        or _is_folded(said)
    )


def _is_folded(said: dict[str, str]) -> bool:
    flat = _is_zero(said.get("max-height")) or _is_zero(said.get("height"))
    return flat and said.get("overflow", "").startswith("hidden")


def _seen(said: dict[str, str]) -> bool | None:
    value = said.get("visibility", "").split("!")[0].strip()
    return None if not value or value == "inherit" else value == "visible"


def _sized(said: dict[str, str]) -> bool | None:
    """A size of 0 closes the gaps of a layout; the columns in it have a size of their own."""
    size = said.get("font-size")
    if size is None:
        shorthand = said.get("font", "").partition("/")[0].split()
        size = shorthand[-1] if shorthand else None
    return None if size is None else not _is_zero(size)


def _space(said: dict[str, str]) -> str | None:
    value = said.get("white-space", "").split("!")[0].strip()
    if value in _COLLAPSING:
        return ""
    return value if value in _KEEPING else None


def _is_zero(value: str | None) -> bool:
    return value is not None and _ZERO.match(value) is not None
