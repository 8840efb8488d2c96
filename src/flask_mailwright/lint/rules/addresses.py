"""The addresses that a mail holds, and where each of them stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from ..css import Declaration
from ..page import Element
from ..reading import Reading

_URL = re.compile(r"\bhttps?://[^\s<>\"']++", re.IGNORECASE)
_CSS_URL = re.compile(r"url\(\s*+[\"']?+([^\"')]++)", re.IGNORECASE)
_SRCSET = re.compile(r"(?:^|,)\s*+([^\s,]\S*?)(?=,?(?:\s|$))")
_BY_TAG = {
    "a": ("href",),
    "area": ("href",),
    "img": ("src",),
    "link": ("href",),
    "source": ("src",),
    "video": ("src", "poster"),
    "form": ("action",),
    "v:fill": ("src",),
    "v:image": ("src",),
    "v:imagedata": ("src",),
    "v:rect": ("href",),
    "v:roundrect": ("href",),
}


class Use(NamedTuple):
    """An address as it stands there, without the spaces around it.

    `link`: something to click.
    """

    url: str
    tell: Callable[[], str]
    link: bool

    @property
    def where(self) -> str:
        """Where it stands."""
        return self.tell()


def addresses(reading: Reading) -> Iterator[Use]:
    """Those of the HTML and its CSS, of the text part, and of List-Unsubscribe."""
    for element in reading.page.elements:
        yield from _of(element, reading)
    for sheet in reading.page.sheets:
        for rule in sheet.rules:
            if not rule.is_at:
                place = partial(reading.at, sheet.start + rule.start)
                yield from _of_style(rule.declarations, place)
    yield from _in_words(reading)


def _of(element: Element, reading: Reading) -> Iterator[Use]:
    place = partial(reading.at, element)
    for name in (*_BY_TAG.get(element.tag, ()), "background"):
        if name in element.attributes:
            yield Use(_bare(element.attributes[name]), place, name in {"href", "action"})
    for url in _SRCSET.findall(element.attributes.get("srcset", "")):
        yield Use(url, place, False)
    if element.tag == "img" and not {"src", "srcset"} & set(element.attributes):
        yield Use("", place, False)
    yield from _of_style(element.style, place)


def _bare(url: str) -> str:
    return re.sub(r"[\t\r\n]", "", url).strip()


def _of_style(style: Iterable[Declaration], place: Callable[[], str]) -> Iterator[Use]:
    """Without those that name something in the page itself."""
    for declaration in style:
        for found in _CSS_URL.finditer(declaration.value):
            if not found[1].startswith("#"):
                yield Use(found[1].strip(), place, False)


def _in_words(reading: Reading) -> Iterator[Use]:
    """Those that stand in the text part and the header, not in attributes and not as code."""
    code = (text.text for text in reading.page.texts if text.code)
    meant = {url for text in code for url, _ in _urls(text)}
    for url, start in _urls(reading.text or ""):
        if url not in meant:
            yield Use(url, partial(reading.in_text, start), True)
    for url, _ in _urls(reading.mail.get("List-Unsubscribe")):
        yield Use(url, partial(reading.field, "List-Unsubscribe"), True)


def _urls(text: str) -> Iterator[tuple[str, int]]:
    """Without what ends the sentence they stand in."""
    for found in _URL.finditer(text):
        yield found[0].rstrip(".,;:!?)]"), found.start()
