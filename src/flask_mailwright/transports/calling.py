"""A carrier for any transport at all: a call for each mail, in a thread if others go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event

from ..envelope import Receipt
from ..smtp.ledger import Ledger
from ..smtp.pipeline import Ahead
from ..smtp.waiting import Call, Waiting
from . import Transport, deliver
from .carrier import Carries


def carrier_of(transport: Transport, hurry: Event | None) -> Carries:
    """The transport's own, if it has one that can be attended to.

    Once `hurry` is set no mail waits for the relay's rate; None is for a thread that waits itself.
    """
    lend: Callable[[Event | None], Carries] | None = getattr(transport, "carrier", None)
    return lend(hurry) if lend is not None else Calling(transport)


class Calling:
    """Nothing goes ahead, and there is nothing to give back."""

    keeps = True

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def carry(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One mail."""
        receipt: Receipt = yield Call(partial(deliver, self._transport, ledger.mail))
        return receipt

    carry_next = carry

    def give_back(self) -> None:
        """There is nothing."""
