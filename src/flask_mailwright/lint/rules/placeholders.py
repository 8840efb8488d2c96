"""What a template left where a value ought to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from ..finding import Finding
from ..page import excerpt
from ..reading import Reading

_NAME = r"[^\W\d][\w.]{0,60}"
_LEFT = re.compile(
    "|".join(
        (
            r"\{\{(?:[^{}]|\{[^{}]{0,80}\}){1,200}+\}\}",
            r"\{%[^{}\n]{1,200}%\}",
            r"\{#[^{}\n]{1,200}#\}",
            r"\*\|[A-Z][A-Z0-9_:]{0,60}\|\*",
            rf"%\({_NAME}\)[sdrf]\b",
            rf"\$\{{{_NAME}\}}",
            r"<[\w.]{1,80} object at 0x[0-9a-fA-F]{4,16}>",
            r"<(?:bound method|function|built-in method) [\w.<>]{1,80} (?:of|at) ",
            r"<\w{1,60} \((?:transient|pending) \d{1,20}\)>",
        )
    )
)
_NOTHING = r"(?:None|undefined|NaN|null)"
_GREETING = (
    r"\b(?:Hi|Hello|Hey|Dear|Welcome|Thanks|Thank you|Hallo|Liebe[rs]?|Willkommen|Guten Tag|Moin"
    r"|Bonjour|Bienvenue|Hola|Ciao|Caro|Cara|Ol[áa])"
)
_VALUELESS = re.compile(
    rf"{_GREETING},? (?:(?:Mr|Mrs|Ms|Dr|Herr|Frau)\.? )?{_NOTHING}(?= ?[,.!:?]|\s*\Z)"
    rf"|{_GREETING},? (?:\{{(?:{_NAME})?\}}|%s)|{_GREETING} ,(?=\s|\Z)|<[A-Z]\w{{0,60}} \d{{1,12}}>"
    rf"|[€$£]\s?{_NOTHING}\b|\b{_NOTHING}\s?(?:€|(?:EUR|USD|GBP|CHF)\b)"
    r"|\bNone None\b|#(?:None|undefined)\b"
)
"""Also a greeting with nothing in it, and SQLAlchemy's `<User 7>`."""
_FIELDS = ("From", "To", "Reply-To", "List-Unsubscribe")
_VALUELESS_ADDRESS = re.compile(rf"[/=]{_NOTHING}(?=[/&?#]|\Z)")


class Stretch(NamedTuple):
    """A text or an address that a reader meets, and how to tell where."""

    text: str
    where: Callable[[], str]
    is_address: bool = False


def is_left(text: str) -> bool:
    """Whether a template's braces, or the like, stand in it.

    >>> is_left("Hello {{ name }}"), is_left("{ this is } fine")
    (True, False)
    """
    return _LEFT.search(text) is not None


def placeholders(reading: Reading) -> Iterator[Finding]:
    """In the header, in both parts, and in the addresses and texts of elements."""
    for stretch in _stretches(reading):
        valueless = _VALUELESS_ADDRESS if stretch.is_address else _VALUELESS
        if found := _LEFT.search(stretch.text):
            yield _left(found[0], stretch.where())
        elif valueless.search(stretch.text):
            yield Finding(
                "missing-value",
                "note",
                "it looks as if a value was not there, or was no text",
                stretch.where(),
                mend="Test for it in the template, and say something else without it.",
            )


def _left(mark: str, where: str) -> Finding:
    return Finding(
        "template-left",
        "error",
        f"a placeholder was not filled in: {excerpt(mark)}",
        where,
        mend="Pass the value, or write the braces of an example into <code>.",
    )


def _stretches(reading: Reading) -> Iterator[Stretch]:
    yield Stretch(reading.subject, partial(reading.field, "Subject"))
    for field in _FIELDS:
        yield Stretch(reading.mail.get(field), partial(reading.field, field))
    yield from _texts(reading)
    for element in reading.page.elements:
        for name in ("href", "src", "alt", "title"):
            if value := element.attributes.get(name):
                yield Stretch(value, partial(reading.at, element), name in {"href", "src"})
    yield from _lines(reading)


def _texts(reading: Reading) -> Iterator[Stretch]:
    for text in reading.page.texts:
        if not text.code:
            yield Stretch(text.text, partial(reading.at, text.start))


def _lines(reading: Reading) -> Iterator[Stretch]:
    """The text part has no <code>: what the HTML shows as such is meant."""
    code = "".join([text.text for text in reading.page.texts if text.code])
    meant = {found[0] for found in _LEFT.finditer(code)}
    start = 0
    for line in (reading.text or "").split("\n"):
        found = _LEFT.search(line)
        if not (found and found[0] in meant):
            yield Stretch(line, partial(reading.in_text, start))
        start += len(line) + 1
