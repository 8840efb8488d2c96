"""What Word's engine makes of a layout: Outlook on Windows obeys widths and paddings of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding
from ..page import Element
from ..reading import Reading
from ..support import OUTLOOK, without

_PIXELS = re.compile(r"(\d+)(?:\.\d+)?(?:px)?")
_BLOCKS = frozenset("div p section article main center header footer body".split())
_BOXES = frozenset("a div p pre blockquote".split())
_COLOURLESS = re.compile(r"(?:url|[a-z-]{0,30}gradient)\((?:[^()]|\([^()]*\))*\)?")
_NO_BORDER = re.compile(r"\bnone\b|(?<![\w.#])0(?:px)?(?!\S)")
_PLACES = frozenset(
    "none repeat no-repeat repeat-x repeat-y center top bottom left right cover contain fixed"
    " scroll local padding-box border-box content-box transparent inherit initial auto".split()
)
TOO_WIDE = Finding(
    "outlook-width",
    "warn",
    "max-width holds for tables only: the text runs as wide as the window",
    "",
    (OUTLOOK,),
    'Put a <table width="600"> around it in <!--[if mso]> ... <![endif]-->.',
)
TIGHT_BOX = Finding(
    "outlook-padding",
    "warn",
    "padding holds for table cells only: the box sits tight on its text",
    "",
    (OUTLOOK,),
    "Give colour and padding to a table cell around it.",
)
BARE = Finding(
    "background-image",
    "note",
    "a background image has no colour for when it is not shown",
    mend="Add a background-color on which the text can be read.",
)
UNREADABLE = BARE._replace(level="warn")
TIGHT = 5
"""Pixels of padding that nobody misses."""
WIDE = 300
"""Pixels of a max-width below which a box is no column of text."""
HIGH = 1200


def outlook(reading: Reading) -> Iterator[Finding]:
    """Elements that it is given, and that have no table of its own around them."""
    drawn = any(each.tag == "v:fill" for each in reading.page.elements)
    for element in reading.page.elements:
        if element.audience == "all" and element.style and not element.hidden:
            if not _has_table_of_its_own(element, reading):
                yield from _width(element, reading)
                yield from _padding(element, reading)
            if not drawn:
                yield from _background(element, reading)


def _has_table_of_its_own(element: Element, reading: Reading) -> bool:
    """Around it, or at once within it."""
    first = reading.page.within(element)[:2]
    return element.ghost or any(each.audience == "outlook" for each in first)


def _width(element: Element, reading: Reading) -> Iterator[Finding]:
    is_column = element.tag in _BLOCKS and WIDE <= _pixels(element.value("max-width")) <= HIGH
    if is_column and not any(_has_width(each) for each in element.ancestors):
        yield TOO_WIDE.at(reading.at(element))


def _has_width(element: Element) -> bool:
    if element.tag in {"table", "td", "th"}:
        wide = (element.attributes.get("width", ""), element.value("width"))
        return any(_pixels(each) for each in wide) or _pixels(element.value("max-width")) > 0
    return False


def _padding(element: Element, reading: Reading) -> Iterator[Finding]:
    is_padded_box = element.tag in _BOXES and _is_box(element) and _is_padded(element)
    if is_padded_box and not _is_padded_otherwise(element):
        yield TIGHT_BOX.at(reading.at(element))


def _is_padded_otherwise(element: Element) -> bool:
    """By what Word's engine knows, or by a cell of its colour."""
    tuned = any(each.name.startswith("mso-") for each in element.style)
    return tuned or _stands_in_a_cell_of_its_colour(element)


def _is_box(element: Element) -> bool:
    border = element.value("border")
    return bool(_colour(element)) or (border != "" and not _NO_BORDER.search(border))


def _is_padded(element: Element) -> bool:
    values = (each.value for each in element.style if each.name.startswith("padding"))
    return any(int(number) > TIGHT for value in values for number in re.findall(r"\d{1,4}", value))


def _stands_in_a_cell_of_its_colour(element: Element) -> bool:
    cell = next((each for each in element.ancestors if each.tag in {"td", "th"}), None)
    return cell is not None and bool(_colour(cell)) and _colour(cell) == _colour(element)


def _background(element: Element, reading: Reading) -> Iterator[Finding]:
    image = element.value("background-image") or element.value("background")
    is_gradient = "gradient(" in image
    if not (is_gradient or "url(" in image) or _colour(element):
        return
    found = UNREADABLE if element.value("color") else BARE
    feature = "css-linear-gradient" if is_gradient else "css-background-image"
    yield found.at(reading.at(element), *without(feature))


def _colour(element: Element) -> str:
    """The colour behind its text, as it is written, or ""."""
    plain = element.value("background-color") or element.attributes.get("bgcolor", "").lower()
    shorthand = _COLOURLESS.sub(" ", element.value("background"))
    words = [word for word in shorthand.replace("/", " ").split() if word not in _PLACES]
    colours = [word for word in words if not re.match(r"-?[\d.]", word)]
    return plain if plain not in {"", "transparent", "inherit"} else "".join(colours)


def _pixels(value: str) -> int:
    found = _PIXELS.fullmatch(value.strip()[:20])
    return int(found[1]) if found else 0
