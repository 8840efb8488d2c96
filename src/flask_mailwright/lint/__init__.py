r"""How a mail will look: what readers, mail clients and inbox lists will make of it.

>>> from flask_mailwright.lint import lint
>>> [finding.rule for finding in lint(b"Subject: Hi\r\n\r\nHello {{ name }}")]
['template-left']

It reads what was sealed and knows no network: no link is followed, no image is fetched.
"""

from __future__ import annotations

import re

from ..compose.mime import read
from ..envelope import SealedMail
from .finding import LEVELS, Finding, Level, reaches
from .reading import Reading
from .rules import RULES

__all__ = ["LEVELS", "Finding", "Level", "lint", "reaches"]

_PLACE = re.compile(r"(\w+), line \d+")
LINES = 5
"""How many further places of the same thing are told by line."""


def lint(mail: SealedMail | bytes) -> list[Finding]:
    """What is to be said of a mail's looks, errors first; [] when it is well made.

    `mail`: as it was sealed, or the octets of any mail. Nothing is raised, whatever they hold. The
    same thing at several places is one finding.
    """
    reading = Reading(read(mail if isinstance(mail, bytes) else mail.content))
    found = [finding for rule in RULES for finding in rule(reading)]
    return sorted(_together(found), key=lambda finding: LEVELS.index(finding.level))


def _together(findings: list[Finding]) -> list[Finding]:
    alike: dict[Finding, list[str]] = {}
    for finding in findings:
        alike.setdefault(finding._replace(where=""), []).append(finding.where)
    return [finding._replace(where=_places(where)) for finding, where in alike.items()]


def _places(where: list[str]) -> str:
    first, *more = dict.fromkeys(where)
    if not more:
        return first
    part = _PLACE.match(first)
    lines = dict.fromkeys(_line(place, part[1] if part else "") for place in more[:LINES])
    further = f", {len(more) - LINES} more" if len(more) > LINES else ""
    return f"{first} (also {', '.join(lines)}{further})"


def _line(place: str, part: str) -> str:
    """Without its part if that is told already, and without what stands there."""
    found = _PLACE.match(place)
    return found[0].removeprefix(f"{part}, ") if found else place
