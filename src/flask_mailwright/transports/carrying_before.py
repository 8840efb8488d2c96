"""A carrier before which something stands, for a thread that attends to several."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ..envelope import Receipt, SealedMail
from ..smtp.ledger import Ledger
from ..smtp.pipeline import Ahead
from ..smtp.waiting import Call, Waiting
from .carrier import Carries
from .passing import Passed, Passes, passed

Carry = Callable[[Ledger, Ahead], Waiting[Receipt]]


class _Ridden(NamedTuple):
    """A mail whose envelope may have gone. `sure`: what was foreseen of it is what goes."""

    mail: SealedMail
    foreseen: Passed
    ledger: Ledger
    sure: bool


class CarrierBefore:
    """Only what takes its time is waited for, and not by the others.

    Of a mail that comes next goes the envelope that is foreseen. It is asked about in its turn; if
    something else goes then, the other ends the talk on which that envelope rides.
    """

    def __init__(self, carrier: Carries, before: Passes) -> None:
        self._carrier = carrier
        self._before = before
        self._ahead: _Ridden | None = None

    def carry(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One mail."""
        return self._carry(ledger.mail, ahead, self._carrier.carry)

    def carry_next(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One of many mails; a relay's rate is waited for before it is asked about."""
        yield from self.await_turn()
        return (yield from self._carry(ledger.mail, ahead, self._carrier.carry_next))

    def await_turn(self) -> Waiting[None]:
        """The other's, if it knows of one."""
        await_turn: Callable[[], Waiting[None]] | None = getattr(self._carrier, "await_turn", None)
        if await_turn is not None:
            yield from await_turn()

    @property
    def keeps(self) -> bool:
        """As the other."""
        return self._carrier.keeps

    def give_back(self) -> None:
        """Others may have the connection."""
        self._ahead = None
        self._carrier.give_back()

    def _carry(self, mail: SealedMail, ahead: Ahead, carry: Carry) -> Waiting[Receipt]:
        ridden, self._ahead = self._ahead, None
        if ridden is not None and ridden.mail is not mail:
            ridden = None
        going = ridden.foreseen if ridden and ridden.sure else (yield from self._passed(mail))
        if not (parts := going.parts):
            return going.receipt(())
        (part,) = parts
        rides = ridden is not None and ridden.foreseen.parts == parts
        ledger = ridden.ledger if ridden and rides else Ledger(part)
        return going.receipt([(yield from carry(ledger, partial(self._peek, ahead)))])

    def _passed(self, mail: SealedMail) -> Waiting[Passed]:
        ask = partial(passed, self._before, mail)
        going: Passed = (yield Call(ask)) if self._before.waits(mail) else ask()
        return going

    def _peek(self, ahead: Ahead) -> Ledger | None:
        """Of whom nothing goes does not ride, and is told why when it is his turn."""
        if (ledger := ahead()) is None:
            return None
        if self._ahead is None or self._ahead.mail is not ledger.mail:
            self._ahead = self._foreseen(ledger.mail)
        return self._ahead.ledger if self._ahead else None

    def _foreseen(self, mail: SealedMail) -> _Ridden | None:
        known = not self._before.waits(mail)
        going = passed(self._before, mail) if known else self._before.foreseen(mail)
        if going is None or len(parts := going.parts) != 1:
            return None
        return _Ridden(mail, going, Ledger(parts[0]), sure=known and self._before.lasts)
