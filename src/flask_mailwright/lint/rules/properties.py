"""Declarations that mail clients do not understand, in style attributes and style elements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..css import Declaration
from ..finding import Finding
from ..page import Audience, Element
from ..reading import Reading
from ..support import GMAIL, OUTLOOK, without
from .traits import ALMOST, SPACED_COLOUR, TRAITS, Trait

MOST = 10
"""Declarations before one that are looked at for another way."""
_BREAK = re.compile(r"\S[^\S\n]*\n\s*\S")


def properties(reading: Reading) -> Iterator[Finding]:
    """Style attributes, and rules that hold without any condition."""
    for element in reading.page.seen:
        for found in _foreign(element.style, element.audience):
            if not _is_given_otherwise(found, element):
                yield found._replace(where=reading.at(element))
        yield from _spaces(element, reading)
    for sheet in reading.page.sheets:
        for rule in sheet.rules:
            if not (rule.at or rule.is_at):
                for found in _foreign(rule.declarations, sheet.element.audience):
                    yield found._replace(where=reading.at(sheet.start + rule.start))


def _foreign(style: Sequence[Declaration], audience: Audience) -> Iterator[Finding]:
    for place, declaration in enumerate(style):
        if SPACED_COLOUR.search(declaration.value):
            yield _spaced_colour()
        for trait in TRAITS:
            if trait.is_bare(declaration, style[max(place - MOST, 0) : place]):
                yield from _finding(trait, audience)


def _finding(trait: Trait, audience: Audience) -> Iterator[Finding]:
    lacking = without(trait.feature, "na" if trait.feature in ALMOST else "n")
    clients = tuple([each for each in lacking if audience == "all" or each != OUTLOOK])
    if clients:
        yield Finding("foreign-css", trait.level, trait.message, "", clients, trait.mend)


def _spaced_colour() -> Finding:
    return Finding(
        "foreign-css",
        "warn",
        "a colour without commas lets the whole style be thrown away",
        "",
        (GMAIL,),
        "Write #rrggbb, or rgb() with commas.",
    )


def _is_given_otherwise(found: Finding, element: Element) -> bool:
    """Where float is not understood, `align` is; and an outline of tables may be Outlook's own."""
    if found.clients != (OUTLOOK,):
        return False
    floats = found.message.startswith("float") and "align" in element.attributes
    return floats or element.ghost


def _spaces(element: Element, reading: Reading) -> Iterator[Finding]:
    """Line ends that only `white-space` would show."""
    if not element.value("white-space").startswith(("pre", "break-spaces")) or element.code:
        return
    clients = [each for each in without("css-white-space") if _is_given(each, element)]
    if clients and _BREAK.search(reading.page.said(element)):
        yield Finding(
            "foreign-css",
            "warn",
            "white-space does not keep line ends everywhere: the lines run together",
            reading.at(element),
            tuple(clients),
            "Write <br> where a line ends.",
        )


def _is_given(client: str, element: Element) -> bool:
    return element.audience == "all" or client != OUTLOOK
