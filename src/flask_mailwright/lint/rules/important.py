"""`!important`: a rule for dark mode or for telephones wins over a style attribute only with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ..css import Declaration, Rule
from ..finding import Finding
from ..page import Element, excerpt
from ..reading import Reading
from .selectors import Search

RULES = 300
FEW = 30
"""Elements of a rule, and declarations of it, that are looked at; and 300 rules."""
_SHORTHANDS = ("background", "border", "font", "list-style", "margin", "padding", "text-decoration")
_APART = frozenset("border-radius border-collapse border-spacing border-image".split())
"""No part of the shorthand that they begin with."""


def important(reading: Reading) -> Iterator[Finding]:
    """Every declaration for a class or an id within @media, against the style attributes of these.

    A rule for all links, say, is a default, and styles are meant to win over it.
    """
    if not any(each.style for each in reading.page.elements):
        return
    search = Search(reading.page)
    for sheet in reading.page.sheets:
        for rule in sheet.rules[:RULES]:
            if rule.at.lower().startswith("@media") and "(" in rule.at:
                yield from _defeated(rule, search, reading, sheet.start)


def _defeated(rule: Rule, search: Search, reading: Reading, start: int) -> Iterator[Finding]:
    told: set[str] = set()
    for element in islice(search.selected(rule.selectors), FEW):
        for declaration in rule.declarations[:FEW]:
            own = _own(declaration, element)
            if own is not None and declaration.name not in told:
                told.add(declaration.name)
                yield _finding(declaration, own, rule, reading, start + rule.start)


def _own(declaration: Declaration, element: Element) -> Declaration | None:
    """What the element itself says of that property, if it wins and is something else."""
    for name in _covering(declaration.name, element):
        own = element.last.get(name)
        if own is not None and _wins(own, declaration):
            return own
    return None


def _wins(own: Declaration, other: Declaration) -> bool:
    is_another = own.value.lower() != other.value.lower()
    return is_another and (own.important or not other.important)


def _covering(name: str, element: Element) -> list[str]:
    """The property, the shorthand that sets it, and what it sets itself as a shorthand."""
    if name in _SHORTHANDS:
        parts = (each for each in element.last if each.startswith(f"{name}-"))
        return [name, *(each for each in parts if each not in _APART)]
    shorthands = [each for each in _SHORTHANDS if name.startswith(f"{each}-")]
    return [name] if name in _APART else [name, *shorthands]


def _finding(
    declaration: Declaration, own: Declaration, rule: Rule, reading: Reading, place: int
) -> Finding:
    asked = "despite its !important " if declaration.important else ""
    mend = "Take !important out of the style attribute." if own.important else (
        "Write !important behind the value in the @media rule."
    )  # fmt: skip
    return Finding(
        "important",
        "warn",
        f"{excerpt(declaration.name)} in {excerpt(rule.at, 40)} {asked}never holds for"
        f" {excerpt(rule.selectors, 40)}: a style attribute wins",
        reading.at(place),
        mend=mend,
    )
