"""What inbox lists show behind the subject: the preheader, or whatever the mail begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ..finding import Finding
from ..page import Text
from ..reading import Reading

SHOWN = 90
"""Characters, more or less."""
TEXTS = 50
"""Stretches of text that are looked at."""
_POOR = re.compile(
    r"""
      (?:view|read|see|open)\b.{0,30}\b(?:browser|online|web\ ?page)
    | (?:trouble|problems?|difficulty)\ (?:viewing|reading|seeing)
    | (?:can(?:no|')?t|not)\b.{0,15}\b(?:see|read|view|displaying)
    | (?:web|online)[ -]?version
    | .{0,60}\bim\ browser\b | probleme\ mit\ der\ (?:darstellung|anzeige)
    | .{0,40}\b(?:navigateur|navegador|version\ en\ ligne|versi[oó]n\ (?:web|en\ l[ií]nea))\b
    | unsubscribe | abmelden | https?://
    """,
    re.IGNORECASE | re.VERBOSE,
)
_FILLING = re.compile(r"[\s\u034f\u00ad\u200b-\u200f\u2007\u2060\ufeff]+")


def beginning(reading: Reading) -> Iterator[Finding]:
    """Its first words are worth reading, and are not the subject once more."""
    texts = list(islice(_body(reading), TEXTS))
    if not texts:
        return
    first = _FILLING.sub(" ", " ".join([text.text[:SHOWN] for text in texts])).strip()[:SHOWN]
    if _POOR.match(first):
        told = "inbox lists show words that are of no use before the mail is opened"
    elif _is_subject(texts[0].text, reading.subject):
        told = "inbox lists show the subject once more in place of a preheader"
    else:
        return
    yield Finding(
        "preheader",
        "note",
        told,
        reading.at(texts[0].start),
        mend="Begin the mail with a preheader: a hidden sentence that says more than the subject.",
    )


def _is_subject(heading: str, subject: str) -> bool:
    """Also behind a prefix, such as `[Flasky] `."""
    said, known = heading.strip().casefold(), subject.casefold()
    return bool(said) and (known == said or known.endswith(f"] {said}"))


def _body(reading: Reading) -> Iterator[Text]:
    for text in reading.page.texts:
        head = text.parent is not None and text.parent.tag in {"title", "head", "html"}
        if not head and _FILLING.sub("", text.text):
            yield text
