"""A transport before which something stands: another takes what that lets go of each mail.

So staging, signatures and the suppression list share how mails are taken, told and handed on. It
has what the other has of `connections`, `local`, `patient` and `connect`, and, where no mail goes
as two, of `carrier` and `deliver_in_parallel`. A mail of which nothing goes keeps no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

from ..envelope import Receipt, SealedMail
from ..smtp.ledger import Ledger
from ..smtp.waiting import run
from . import Delivers, deliver, deliver_many
from .carrier import Carries
from .carrying_before import CarrierBefore
from .line import Line
from .passing import Passed, Passes, passed

if TYPE_CHECKING:
    from .parallel import Lend, Parallel

Many = Callable[[Iterator[SealedMail]], Iterator[Receipt]]
InParallel = Callable[[Iterator[SealedMail], Callable[[], bool]], Iterator[Receipt]]


class TransportBefore:
    """Asks `before` once for each mail, whatever relays that is tried at."""

    def __init__(self, transport: Delivers, before: Passes) -> None:
        self._over: Any = transport
        self._before = before

    @property
    def name(self) -> str:
        """The other's."""
        return str(self._over.name)

    @property
    def connections(self) -> int:
        """The other's, if it has any."""
        return int(self._over.connections)

    @property
    def local(self) -> bool:
        """The other's, if it says so."""
        return bool(self._over.local)

    @property
    def patient(self) -> TransportBefore:
        """The same over the other's, if it has one."""
        return TransportBefore(self._over.patient, self._before)

    @property
    def connect(self) -> Callable[[], AbstractContextManager[Delivers]]:
        """What holds a connection of the other, if it can."""
        connect: Callable[[], AbstractContextManager[Delivers]] = self._over.connect
        return lambda: self._held(connect)

    @property
    def carrier(self) -> Callable[[Event | None], CarrierBefore]:
        """What lends one of the other's, if it has any."""
        carrier: Callable[[Event | None], Carries] = self._single.carrier
        return lambda hurry: CarrierBefore(carrier(hurry), self._before)

    @property
    def parallel(self) -> Callable[[Lend], Parallel]:
        """The other's, if it has one."""
        parallel: Callable[[Lend], Parallel] = self._single.parallel
        return parallel

    @property
    def deliver_in_parallel(self) -> InParallel:
        """The other's, if it can; each mail is asked about in its turn, not when it is taken."""
        if hasattr(self, "parallel"):
            return lambda mails, stopped: self.parallel(self.carrier).receipts(mails, stopped)
        parallel: InParallel = self._single.deliver_in_parallel
        return lambda mails, stopped: self._in_runs(
            mails, lambda parts: parallel(parts, stopped), stopped
        )

    def deliver(self, mail: SealedMail) -> Receipt:
        """One mail."""
        going = passed(self._before, mail)
        return going.receipt([deliver(self._over, part) for part in going.parts])

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order; mails are taken as the other takes them.

        What the iterable raises is raised when those before are answered.
        """
        if hasattr(self, "carrier"):
            return self._carried(mails)
        return self._in_runs(mails, partial(deliver_many, self._over))

    def _carried(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """Over one connection; each mail is asked about in its turn."""
        carrier = self.carrier(None)
        line = Line(map(Ledger, mails))
        try:
            while (ledger := line.take()) is not None:
                yield run(carrier.carry_next(ledger, line.peek))
        finally:
            carrier.give_back()

    @property
    def _single(self) -> Any:
        """Of a mail that goes as two one half might have begun, and the other not."""
        if not self._before.single:
            raise AttributeError
        return self._over

    def _in_runs(
        self, mails: Iterable[SealedMail], many: Many, stopped: Callable[[], bool] = bool
    ) -> Iterator[Receipt]:
        """The other's run ends before a mail of which nothing goes."""
        line = Line(map(partial(passed, self._before), mails))
        while (first := line.peek()) is not None:
            if not first.parts:
                line.take()
                yield first.receipt(())
            else:
                run = _Run(line)
                yield from run.answered(many(run))
                if stopped() or not run.ended:
                    return
        line.take()

    @contextmanager
    def _held(self, connect: Callable[[], AbstractContextManager[Delivers]]) -> Iterator[Delivers]:
        with connect() as held:
            yield TransportBefore(held, self._before)


class _Run(Iterator[SealedMail]):
    """What goes of the mails of a line, up to one of which nothing does.

    `ended` when it was asked for more than it has: whoever does not ask, wants no more.
    """

    def __init__(self, line: Line[Passed]) -> None:
        self._line = line
        self._in_hand: deque[Passed] = deque()
        self._parts: Iterator[SealedMail] = iter(())
        self.ended = False

    def __next__(self) -> SealedMail:
        for part in self._parts:
            return part
        found = self._line.peek()
        if found is None or not found.parts:
            self.ended = True
            raise StopIteration
        self._line.take()
        self._in_hand.append(found)
        self._parts = iter(found.parts)
        return next(self._parts)

    def answered(self, receipts: Iterable[Receipt]) -> Iterator[Receipt]:
        """The mails' own, of those of their parts."""
        answers: list[Receipt] = []
        for receipt in receipts:
            answers.append(receipt)
            if len(answers) == len(self._in_hand[0].parts):
                yield self._in_hand.popleft().receipt(answers)
                answers.clear()
