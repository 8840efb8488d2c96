"""Our code that hands a sealed mail to a relay; one method is all a transport owes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from ..envelope import Receipt, SealedMail


class Transport(Protocol):
    """Hands mails over and tells what became of each; nothing is raised for one mail.

    A transport may also have `deliver_many(mails)`, which takes from the iterable as it goes and
    yields one Receipt per mail in order, and `close()`.
    """

    @property
    def name(self) -> str:
        """How logs and receipts call it; no secret in it."""

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over; the failure, if any, is in `receipt.error`."""


def deliver_many(transport: Transport, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
    """The transport's own `deliver_many`, or one `deliver` after another."""
    many = getattr(transport, "deliver_many", None)
    return many(mails) if many else map(transport.deliver, mails)
