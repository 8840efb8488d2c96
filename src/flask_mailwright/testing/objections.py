"""What is wrong with a test's mail, whether the test looks for it or not."""

from __future__ import annotations

from flask import Flask

from ..compose.mime import read
from ..errors import MessageError
from ..lint import Finding
from ..lint.reading import Reading
from ..lint.rules.cids import cids
from ..lint.rules.links import links
from ..lint.rules.placeholders import placeholders
from .sent import SentMail, cut

_RULES = (cids, links, placeholders)


class Objections:
    """Each is raised where its mail is sent, and again by `insist`, for the app may catch it."""

    def __init__(self) -> None:
        self.allowed: set[str] = set()
        """Names of rules that the test does not want."""
        self._found: list[tuple[SentMail, list[Finding]]] = []
        self._hidden: list[MessageError] = []

    def see(self, sent: SentMail) -> None:
        """AssertionError when no reader could make sense of it."""
        reading = Reading(read(sent.mail.content))
        found = [finding for rule in _RULES for finding in rule(reading)]
        self._found.append((sent, [each for each in found if each.level == "error"]))
        self._judge(*self._found[-1])

    def overhear(self, app: Flask, exception: Exception) -> None:
        """A page failed over a mail; without TESTING its answer is a 500 that says nothing."""
        is_hidden = not (app.testing or app.config["PROPAGATE_EXCEPTIONS"])
        if is_hidden and isinstance(exception, MessageError):
            self._hidden.append(exception)

    def insist(self) -> None:
        """Raise what was caught."""
        for sent, found in self._found:
            self._judge(sent, found)
        for error in self._hidden:
            raise error

    def _judge(self, sent: SentMail, found: list[Finding]) -> None:
        bad = [each for each in found if each.rule not in self.allowed]
        if bad:
            lines = [f"  {each.message} at {each.where}. {each.mend}" for each in bad]
            hint = f'  (or, if that is meant here: mailbox.allow("{bad[0].rule}"))'
            raise AssertionError("\n".join([cut([f"{sent!r} is broken:", *lines]), hint]))
