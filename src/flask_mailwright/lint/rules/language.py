"""The language of the HTML, which screen readers speak in."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..reading import Reading


def language(reading: Reading) -> Iterator[Finding]:
    """A whole document says it."""
    elements = reading.page.elements
    document = next((each for each in elements if each.tag == "html"), None)
    if document is None or any(each.attributes.get("lang", "").strip() for each in elements):
        return
    yield Finding(
        "missing-lang",
        "note",
        "the HTML does not say its language: screen readers may speak it in another",
        reading.at(document),
        mend='Write <html lang="en">, or whatever it is.',
    )
