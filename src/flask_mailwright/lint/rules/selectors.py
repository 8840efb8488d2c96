"""Which elements a rule is for, as far as that can be told without a state or a client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..page import Element, Page

MOST = 50
"""Selectors of a rule, and elements of a selector, that are looked at."""
LOOKS = 300_000
"""Comparisons of an element with a compound in one mail; a large newsletter needs 10,000."""
_COMPOUND = re.compile(r"([a-zA-Z][\w-]*+|\*)?+((?:[.#][\w-]++)*+)((?:\[[^\]]*+\]|::?[\w-]++)*+)")


class Compound(NamedTuple):
    """What one element must be; `certain`: no attribute or state is asked for besides."""

    tag: str
    id: str
    classes: tuple[str, ...]
    certain: bool

    def is_met_by(self, element: Element) -> bool:
        """Tag, id and classes."""
        return (
            self.tag in {"", element.tag}
            and self.id in {"", element.attributes.get("id", "")}
            and set(self.classes) <= set(element.classes)
        )


class Search:
    """The elements of a page that rules name, as far as `LOOKS` comparisons go."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._left = LOOKS

    def selected(self, selectors: str) -> Iterator[Element]:
        """Those named by class or id that the rule is for without any state such as :hover."""
        for selector in selectors[:2000].split(",")[:MOST]:
            *around, last = _compounds(selector) or [None]
            if last is not None and last.certain and (last.id or last.classes):
                for element in _candidates(last, self._page)[:MOST]:
                    if self._is(element, last) and self._is_within(element, around):
                        yield element

    def _is_within(self, element: Element, around: list[Compound | None]) -> bool:
        """Each compound is met by some ancestor; what a client puts around it is not asked."""
        known = [each for each in around if each is not None and each.certain]
        if len(known) < len(around):
            return False
        return all(any(self._is(above, each) for above in element.ancestors) for each in known)

    def _is(self, element: Element, compound: Compound) -> bool:
        self._left -= 1
        return self._left >= 0 and compound.is_met_by(element)


def _compounds(selector: str) -> list[Compound | None]:
    steps = re.sub(r"[>+~]", " ", selector).split()
    return [_compound(step) for step in steps]


def _compound(step: str) -> Compound | None:
    found = _COMPOUND.fullmatch(step)
    if found is None:
        return None
    marks = re.findall(r"([.#])([\w-]+)", found[2])
    return Compound(
        (found[1] or "").lower().replace("*", ""),
        next((name for mark, name in marks if mark == "#"), ""),
        tuple([name for mark, name in marks if mark == "."]),
        not found[3],
    )


def _candidates(compound: Compound, page: Page) -> list[Element]:
    if compound.classes:
        return page.by_class.get(compound.classes[0], [])
    return page.by_id.get(compound.id, [])
