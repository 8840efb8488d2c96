"""What inbox lists show behind the subject: the preheader, or whatever the mail begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ..finding import Finding
from ..page import FILLING, Text
from ..reading import Reading

SHOWN = 90
"""Characters, more or less."""
LONG = 200
"""Characters of a subject or heading."""
TEXTS = 50
"""Stretches of text that are looked at."""
_POOR = re.compile(
    r"""
      (?:view|read|see|open)\b.{0,30}\b(?:browser|online|web\ ?page)
    | .{0,60}\b(?:view|read|open)\b.{0,30}\b(?:in|as)\ (?:an?|the|your)\b.{0,5}\ (?:browser|page)
    | (?:having\ )?(?:trouble|problems?|difficulty)\ (?:viewing|reading|seeing)
    | (?:if\ you\ )?(?:can(?:no|')?t|not)\b.{0,15}\b(?:see|read|view|displaying)
    | .{0,30}\bnot\ display(?:ed|ing)\b
    | (?:web|online)[ -]?version | .{0,20}\bwebansicht\b
    | .{0,60}\bim\ browser\b | probleme\ mit\ der\ (?:darstellung|anzeige)
    | .{0,40}\b(?:navigateur|navegador|version\ en\ ligne|versi[oó]n\ (?:web|en\ l[ií]nea))\b
    | unsubscribe | abmelden | https?://
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PREFIX = re.compile(r"\A(?:\[[^]]*\]|[^:|]{1,30}(?::| [|–—-]) )")


def beginning(reading: Reading) -> Iterator[Finding]:
    """Its first words are worth reading, and are not the subject once more."""
    texts = list(islice(_body(reading), TEXTS))
    if not texts:
        return
    first = FILLING.sub(" ", " ".join([text.text[:SHOWN] for text in texts])).strip()[:SHOWN]
    if _POOR.match(first):
        told = "inbox lists show words that are of no use before the mail is opened"
    elif _is_subject(texts[0], reading):
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


def _is_subject(first: Text, reading: Reading) -> bool:
    """Also behind a prefix, such as `[Flasky] `, or with other marks between its words."""
    around = reading.page.said(first.parent) if first.parent else ""
    known = _wordings(reading.subject)
    return any(known & _wordings(heading) for heading in (first.text, around))


def _wordings(text: str) -> set[str]:
    """What it says, with its prefix and without."""
    line = " ".join(text[:LONG].split()).casefold()
    return {
        " ".join(re.findall(r"\w+", each)) for each in (line, _PREFIX.sub("", line, count=1))
    } - {""}


def _body(reading: Reading) -> Iterator[Text]:
    for text in reading.page.texts:
        head = text.parent is not None and text.parent.tag in {"title", "head", "html"}
        if not head and FILLING.sub("", text.text):
            yield text
