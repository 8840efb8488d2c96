"""One of many lanes of mail in a thread that attends to all of them, whatever the transport is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event

from ..envelope import Receipt, SealedMail
from ..smtp.ledger import Ledger
from ..smtp.waiting import Call, Waiting
from . import Transport, broken_off
from .calling import carrier_of
from .carrier import Carries

Ahead = Callable[[], SealedMail | None]
"""Asked right before a content leaves: the mail whose envelope may ride behind it, if any."""


def carries(transport: Transport, hurry: Event) -> Attended:
    """A lane over the transport's connection, or over calls.

    Once `hurry` is set no mail waits for the relay's rate.
    """
    return Attended(carrier_of(transport, hurry))


class Attended:
    """Over one connection."""

    def __init__(self, carrier: Carries) -> None:
        self._carrier = carrier
        self._next: Ledger | None = None

    def carry(self, mail: SealedMail, ahead: Ahead) -> Waiting[Receipt]:
        """One mail. Whom `ahead` has told is the next, unless `give_back` comes first."""
        ledger, self._next = self._next or Ledger(mail), None
        try:
            return (yield from self._carrier.carry_next(ledger, partial(self._peek, ahead)))
        except Exception as error:  # noqa: BLE001 - it is logged and in the Receipt
            return broken_off(mail, error)

    def part(self) -> Waiting[None]:
        """A talk that cannot be kept says goodbye, for which nobody else waits."""
        if self._carrier.keeps:
            self.give_back()
        else:
            yield Call(self.give_back)

    def give_back(self) -> None:
        """A talk on which an envelope rides is ended."""
        self._next = None
        self._carrier.give_back()

    def _peek(self, ahead: Ahead) -> Ledger | None:
        if self._next is None and (mail := ahead()) is not None:
            self._next = Ledger(mail)
        return self._next
