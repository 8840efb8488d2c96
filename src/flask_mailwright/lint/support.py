"""Which mail clients understand what: `clients.json`, made by tools/caniemail.py."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

GMAIL = "Gmail"
OUTLOOK = "Outlook on Windows"
"""Its engine is Word's; what it alone gets stands in conditional comments."""


class Support(NamedTuple):
    """A letter for each feature and family: yes, almost, no, unknown."""

    date: str
    families: tuple[str, ...]
    features: dict[str, str]


@cache
def support() -> Support:
    """What was known on that date."""
    text = files(__package__).joinpath("clients.json").read_text("utf-8")
    document = json.loads(text)
    return Support(document["date"], tuple(document["families"]), document["features"])


def without(feature: str, letters: str = "n") -> tuple[str, ...]:
    """The families that have not got it; with `letters="na"` those that almost have it, too.

    >>> without("css-display-flex")
    ('Outlook on Windows',)
    """
    known = support()
    answers = zip(known.families, known.features[feature], strict=True)
    return tuple([family for family, letter in answers if letter in letters])
