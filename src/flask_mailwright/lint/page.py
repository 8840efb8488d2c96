"""The HTML part as rules look at it: its elements in order, with what each inherits."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, islice
from operator import attrgetter
from typing import Literal

from .css import Declaration, Rule, rules

Audience = Literal["all", "outlook", "others"]
"""Who sees it: all, or only Outlook on Windows (`[if mso]`), or all but it (`[if !mso]`)."""
FILLING = re.compile(r"[\s\u034f\u00ad\u200b-\u200f\u2007\u2060\ufeff]+")
"""Characters of which nothing is seen."""
NEAR = 200
"""How many ancestors of an element are looked at, and how many elements and texts within it."""
LONG = 500
"""How many characters of each such text."""


@dataclass(slots=True, eq=False)
class Element:
    """A start tag and what stands around it.

    `ghost`: Outlook on Windows has been given a table of its own around it. `inside`: the elements
    that it holds, and `says`: the texts, both as places in the lists of the page.
    """

    tag: str
    attributes: dict[str, str]
    style: tuple[Declaration, ...]
    start: int
    parent: Element | None
    audience: Audience = "all"
    ghost: bool = False
    hidden: bool = False
    code: bool = False
    inside: tuple[int, int] = (0, 0)
    says: tuple[int, int] = (0, 0)
    _last: dict[str, Declaration] | None = None

    @property
    def ancestors(self) -> Iterator[Element]:
        """The nearest first."""
        return islice(self._upwards(), NEAR)

    def _upwards(self) -> Iterator[Element]:
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    def value(self, name: str) -> str:
        """What the style attribute says of a property in the end, in lower case, or ""."""
        return self.last[name].value.lower() if name in self.last else ""

    @property
    def last(self) -> dict[str, Declaration]:
        """The declaration of each property that holds: the last, or the last `!important` one."""
        if self._last is None:
            in_order = sorted(self.style, key=attrgetter("important"))
            self._last = {each.name: each for each in in_order}
        return self._last

    @property
    def classes(self) -> list[str]:
        """As they stand in `class`."""
        return self.attributes.get("class", "").split()


@dataclass(slots=True, eq=False)
class Text:
    """A stretch of text, its character references resolved."""

    text: str
    start: int
    parent: Element | None

    @property
    def hidden(self) -> bool:
        """Whether no reader sees it in the opened mail."""
        return self.parent is not None and self.parent.hidden

    @property
    def code(self) -> bool:
        """Whether it is shown as code."""
        return self.parent is not None and self.parent.code


@dataclass(eq=False)
class Sheet:
    """A style element with its text."""

    element: Element
    text: str
    start: int

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All of them."""
        return tuple(rules(self.text))


class Lines:
    """Where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        lengths = [len(line) + 1 for line in text.split("\n")]
        self._starts = [0, *accumulate(lengths[:-1])]

    def number(self, start: int) -> int:
        """The line of a place, from 1."""
        return bisect_right(self._starts, start)


@dataclass(eq=False)
class Page:
    """What `page_of` has found."""

    source: str
    elements: list[Element] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)

    @cached_property
    def lines(self) -> Lines:
        """Those of the source."""
        return Lines(self.source)

    @cached_property
    def by_id(self) -> dict[str, list[Element]]:
        """The elements by their id."""
        return _indexed((each.attributes.get("id", ""), each) for each in self.elements)

    @cached_property
    def by_class(self) -> dict[str, list[Element]]:
        """The elements by each of their classes."""
        return _indexed((name, each) for each in self.elements for name in each.classes)

    def within(self, element: Element) -> list[Element]:
        """The elements that it holds, as far as they are looked at."""
        begin, end = element.inside
        return self.elements[begin : min(end, begin + NEAR)]

    def said(self, element: Element) -> str:
        """The text that it shows, as far as it is looked at; all of it if it is hidden itself."""
        begin, end = element.says
        texts = self.texts[begin : min(end, begin + NEAR)]
        return "".join([text.text[:LONG] for text in texts if element.hidden or not text.hidden])

    @property
    def seen(self) -> Iterator[Element]:
        """The elements that others than Outlook on Windows are given."""
        return (each for each in self.elements if each.audience in {"all", "others"})


def _indexed(pairs: Iterable[tuple[str, Element]]) -> dict[str, list[Element]]:
    found: dict[str, list[Element]] = {}
    for name, element in pairs:
        found.setdefault(name, []).append(element)
    return found


def excerpt(text: str, most: int = 70) -> str:
    r"""The beginning in one line, with what is no printable character written out.

    >>> excerpt("<b\n title='\x1b'>")
    "<b title='\\x1b'>"
    """
    line = " ".join(text[: most * 4].split())
    short = line if len(line) <= most else line[: most - 1] + "…"
    return re.sub(
        r"[^ -~]",
        lambda found: found[0] if found[0].isprintable() else ascii(found[0])[1:-1],
        short,
    )
