"""Links that say where they lead."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..page import FILLING, Element, Page
from ..reading import Reading

EMPTY = Finding(
    "empty-link-text",
    "warn",
    "a link has no text: screen readers spell its address, and without images nobody sees it",
    mend="Write a text into it, or an alt text into its image.",
)


def link_text(reading: Reading) -> Iterator[Finding]:
    """Every link that is shown has a text, or an image with one."""
    for element in reading.page.seen:
        is_link = element.tag == "a" and "href" in element.attributes and not element.hidden
        if is_link and not _is_named(element, reading.page):
            yield EMPTY.at(reading.at(element))


def _is_named(element: Element, page: Page) -> bool:
    own = element.attributes
    images = (each.attributes.get("alt", "") for each in page.within(element) if each.tag == "img")
    named = (page.said(element), own.get("aria-label", ""), own.get("title", ""), *images)
    return any(FILLING.sub("", name) for name in named)
