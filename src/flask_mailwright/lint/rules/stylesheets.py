"""Style elements and stylesheets that mail clients do not take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ..css import Rule
from ..finding import Finding
from ..page import Sheet
from ..reading import Reading
from ..support import GMAIL, without

MOST = 16 * 1024
"""Characters of CSS; what stands behind them Gmail throws away."""
FEW = 100
"""Rules of a style element that are looked at for more than one thing."""
_IMPORT = re.compile(r"@import\s[^;]*")
_FONTS = re.compile(r"\bfonts?\b|typekit", re.IGNORECASE)
"""A font that does not come has another in its place."""
_SELECTORS = (
    ("css-pseudo-class-has", ":has("),
    ("css-pseudo-class-not", ":not("),
    ("css-pseudo-class-nth-child", ":nth-"),
    ("css-pseudo-element-before", "::before"),
    ("css-pseudo-element-after", "::after"),
)
_OUTSIDE = frozenset({"html", "head"})


TOO_LONG = Finding(
    "style-lost",
    "warn",
    f"there is more CSS than the {MOST // 1024} KB that are read",
    "",
    (GMAIL,),
    "Inline it (the extra html does), and keep only @media in style elements.",
)
IN_BODY = Finding("style-lost", "warn", "a style element is read in the head only",
                  mend="Move it into the head.")  # fmt: skip
ELSEWHERE = Finding("style-lost", "warn", "a stylesheet that stands elsewhere is not fetched",
                    mend="Write its rules into a style element.")  # fmt: skip
WITHIN = Finding(
    "style-lost",
    "warn",
    "an at-rule within an at-rule lets the whole style element be thrown away",
    mend="Write it beside the other, or in a style element of its own.",
)
NESTED = Finding("foreign-css", "warn", "a rule within a rule is not read everywhere",
                 mend="Write both rules out.")  # fmt: skip
SELECTOR = Finding("foreign-css", "note", "a selector is not read everywhere",
                   mend="Give the element a class, or a style of its own.")  # fmt: skip


def stylesheets(reading: Reading) -> Iterator[Finding]:
    """Each; those for Outlook on Windows alone stand in comments, and are none of the page's."""
    sheets = reading.page.sheets
    for sheet in sheets:
        yield from _place(sheet, reading)
        yield from _imports(sheet, reading)
        yield from _rules(sheet, reading)
    if sum(len(sheet.text) for sheet in sheets) > MOST:
        yield TOO_LONG.at(reading.at(sheets[-1].element))
    yield from _linked(reading)


def _place(sheet: Sheet, reading: Reading) -> Iterator[Finding]:
    around = sheet.element.parent
    if around is not None and around.tag not in _OUTSIDE and sheet.text.strip():
        yield IN_BODY.at(reading.at(sheet.element), GMAIL)


def _imports(sheet: Sheet, reading: Reading) -> Iterator[Finding]:
    for found in _IMPORT.finditer(sheet.text):
        if not _FONTS.search(found[0]):
            where = reading.at(sheet.start + found.start())
            yield ELSEWHERE.at(where, *without("css-at-import"))


def _linked(reading: Reading) -> Iterator[Finding]:
    for element in reading.page.seen:
        own = element.attributes
        is_sheet = element.tag == "link" and "stylesheet" in own.get("rel", "").lower()
        if is_sheet and not _FONTS.search(own.get("href", "")):
            yield ELSEWHERE.at(reading.at(element), *without("html-link"))


def _rules(sheet: Sheet, reading: Reading) -> Iterator[Finding]:
    for rule in sheet.rules:
        where = partial(reading.at, sheet.start + rule.start)
        if rule.nested:
            yield NESTED.at(where(), *without("css-nesting"))
        elif rule.is_at and rule.at and _loses_more_than(rule.at, sheet):
            yield WITHIN.at(where(), GMAIL)
        elif not rule.at and not rule.is_at and (feature := _selected(rule)):
            yield SELECTOR.at(where(), *without(feature))


def _loses_more_than(at: str, sheet: Sheet) -> bool:
    """Fonts for those who read them may well be in a style element of their own."""
    return any(rule.at != at and not rule.is_at for rule in sheet.rules[:FEW])


def _selected(rule: Rule) -> str:
    """The feature of a selector that lays out; the one of a link that is hovered is extra."""
    found = (feature for feature, mark in _SELECTORS if mark in rule.selectors)
    return "" if ":hover" in rule.selectors else next(found, "")
