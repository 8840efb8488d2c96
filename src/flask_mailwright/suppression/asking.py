"""Who of an envelope is suppressed, and what holds when nobody can say it.

Then a mail of a list goes to nobody, and all other mail goes to everybody: a password reset must
not depend on the store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from math import inf

from ..envelope import Envelope
from ..errors import MailError
from . import Suppression
from .spelling import Spelled

logger = logging.getLogger("flask_mailwright")

AGAIN = 5.0
"""Seconds for which a store that failed is not asked."""


class Asking:
    """Asks one app's store; threads share it."""

    def __init__(self, suppressions: Spelled, monotonic: Callable[[], float]) -> None:
        self._suppressions = suppressions
        self._monotonic = monotonic
        self._away_until = -inf
        self._told = False

    @property
    def waits(self) -> bool:
        """Whether to ask may take its time."""
        return self._monotonic() >= self._away_until and self._suppressions.waits

    def note(self, envelope: Envelope, of: str) -> Envelope:
        """With what is known of each recipient; `of` is the mail's list, if it is of any.

        What stood there does not count. MailError when it is of one and nobody can say.
        """
        found = self._found(envelope, of)
        if not found and not any(each.suppressed for each in envelope.recipients):
            return envelope
        told = {address: suppression.told for address, suppression in found.items()}
        recipients = [
            each._replace(suppressed=told.get(each.address, "")) for each in envelope.recipients
        ]
        return envelope._replace(recipients=tuple(recipients))

    def foresee(self, envelope: Envelope, of: str) -> Envelope:
        """The same at the seal: what nobody can say now is asked at delivery."""
        try:
            return self.note(envelope, of)
        except MailError:
            return envelope

    def _found(self, envelope: Envelope, of: str) -> Mapping[str, Suppression]:
        if self._monotonic() >= self._away_until:
            try:
                found = self._of_store(envelope, of)
            except Exception as error:  # noqa: BLE001 - it may be a store of the user's own
                self._note_away(error)
            else:
                self._told = False
                return found
        if of:
            raise MailError(_UNKNOWN.format(of), kind="temporary", stage="suppression")
        return {}

    def _of_store(self, envelope: Envelope, of: str) -> Mapping[str, Suppression]:
        if self._suppressions.nobody:
            return {}
        return self._suppressions.find([to.address for to in envelope.recipients], of)

    def _note_away(self, error: Exception) -> None:
        self._away_until = self._monotonic() + AGAIN
        told, self._told = self._told, True
        if not told:
            logger.warning(_AWAY, error if isinstance(error, MailError) else type(error).__name__)


_AWAY = (
    "the suppression list cannot be asked: mail of lists waits, all other goes out to whoever it is"
    " for, until it can be asked again: %s"
)
_UNKNOWN = (
    "a mail of the list {!r} was not sent, for the suppression list cannot be asked who has left"
    " it: see that its database can be reached, and try again"
)
