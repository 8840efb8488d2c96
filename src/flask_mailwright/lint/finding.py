"""What is to be said of a mail's looks: one thing, where, who is concerned, how to mend it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["error", "warn", "note"]
LEVELS: tuple[Level, ...] = ("error", "warn", "note")
"""Worst first."""


class Finding(NamedTuple):
    """One thing that readers of the mail will see, or will not.

    `level`: an `error` is broken for everybody or for many; with a `warn` some reader sees
    something broken or ugly; a `note` is a matter of taste. `clients`: the families of mail clients
    concerned; none are named when it concerns all. `mend`: what to do about it.

    >>> print(Finding("subject", "warn", "the subject is empty", "subject", mend="Write one."))
    warn: the subject is empty (subject)
      subject
      Write one.
    """

    rule: str
    level: Level
    message: str
    where: str = ""
    clients: tuple[str, ...] = ()
    mend: str = ""

    def at(self, where: str, *clients: str) -> Finding:
        """The same at this place, for these clients."""
        return self._replace(where=where, clients=clients or self.clients)

    def __str__(self) -> str:
        lines = [f"{self.level}: {self.message} ({self.rule})", self.where]
        if self.clients:
            lines.append(f"In {listed(self.clients)}.")
        return "\n  ".join([*lines, self.mend])


def listed(names: tuple[str, ...]) -> str:
    """As in a sentence.

    >>> listed(("Gmail", "Apple Mail", "Thunderbird"))
    'Gmail, Apple Mail and Thunderbird'
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def reaches(finding: Finding, level: Level) -> bool:
    """Whether it is of that level or worse."""
    return LEVELS.index(finding.level) <= LEVELS.index(level)
