"""The text part: it is there, it is not empty, and it says what the HTML says."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..reading import Reading
from .words import words

FEW = 8
"""Distinct words of fewer letters than these tell nothing about a text."""
LEAST = 3
"""Of fewer than `FEW` words so many are worth one in common."""
MUCH = 30
"""Words of HTML that are worth a text part that says something."""
SHARE = 0.12
"""What a text part leaves in of such HTML, at least."""
COMMON = 0.34
"""Of a text part's words so many stand in the HTML, too, if it says the same."""
LETTERS = 3
TEXT_FROM_HTML = "Leave the .txt template out, and the text part is made from the HTML."


def alternatives(reading: Reading) -> Iterator[Finding]:
    """Both parts, side by side."""
    if reading.html is None:
        if not any(part.filename or part.data.strip() for part in reading.mail.parts):
            yield Finding("no-text-part", "error", "there is neither text nor HTML to read", "mail",
                          mend="Give the mail a text.")  # fmt: skip
        return
    if reading.text is None:
        yield Finding(
            "no-text-part",
            "error",
            "there is HTML but no text part: readers without HTML see nothing, and filters object",
            "mail",
            mend="Give Message a body, or compose the mail from templates.",
        )
        return
    yield from _compared(words(reading.text), words(_shown(reading)), reading)


def _compared(plain: list[str], rich: list[str], reading: Reading) -> Iterator[Finding]:
    if len(rich) >= MUCH and len(plain) < SHARE * len(rich):
        yield Finding(
            "text-nearly-empty",
            "warn",
            f"the text part has {len(plain)} words where the HTML has {len(rich)}",
            reading.in_text(0),
            mend=f"Say in it what the HTML says. {TEXT_FROM_HTML}",
        )
    elif _differ(_telling(plain), _telling(rich)):
        yield Finding(
            "text-differs",
            "warn",
            "the text part does not say what the HTML says: they have few words in common",
            reading.in_text(0),
            mend=f"Make both from the same words. {TEXT_FROM_HTML}",
        )


def _differ(plain: set[str], rich: set[str]) -> bool:
    if len(plain) < FEW or len(rich) < FEW:
        return min(len(plain), len(rich)) >= LEAST and not plain & rich
    return len(plain & rich) < COMMON * min(len(plain), len(rich))


def _telling(found: list[str]) -> set[str]:
    return {word for word in found if len(word) >= LETTERS or not word.isascii()}


def _shown(reading: Reading) -> str:
    """What the HTML shows, and what stands in place of its images."""
    page = reading.page
    texts = [text.text for text in page.texts if not text.hidden]
    images = [each.attributes.get("alt", "") for each in page.seen if each.tag == "img"]
    return " ".join([*texts, *images])
