"""Carries one borrower's mails: over one talk at a time, renewed when it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from threading import Event
from types import TracebackType
from typing import Protocol, Self

from ..envelope import Receipt, SealedMail
from ..errors import MessageError
from ..smtp.failure import Broken, Failure
from ..smtp.ledger import Ledger
from ..smtp.pipeline import Ahead
from ..smtp.pool import Pool
from ..smtp.rate import Bucket
from ..smtp.relay import Relay
from ..smtp.shared_rate import SharedBucket
from ..smtp.talk import Talk
from ..smtp.waiting import Call, Waiting, run
from ..timing import Timing
from .line import Line


class Carries(Protocol):
    """Hands one borrower's mails over, for a thread that may attend to others meanwhile."""

    def carry(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One mail; behind its content goes the envelope of the one that `ahead` tells."""

    def carry_next(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One of many mails; between two others may have the connection."""

    @property
    def keeps(self) -> bool:
        """Whether to give back takes no time."""

    def give_back(self) -> None:
        """Others may have the connection."""


class Carrier:
    """Borrows a talk when a mail comes, and gives it back when its block ends.

    Each mail waits until the relay's rate allows it, a single one no longer than for a connection.
    With `hurry` it does not wait for sockets itself, and for the rate no longer than until it is
    set.
    """

    def __init__(self, pool: Pool, relay: Relay, hurry: Event | None = None) -> None:
        self._pool = pool
        self._relay = relay
        self._hurry = hurry
        self._patience: float | None = relay.timing.connect
        self._talk: Talk | None = None
        self._counted = False

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over; the failure is in `receipt.error`."""
        return run(self.carry(Ledger(mail), _nobody))

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order; one mail is taken ahead."""
        line = Line(map(Ledger, mails))
        while (ledger := line.take()) is not None:
            yield run(self.carry_next(ledger, line.peek))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.give_back()

    def carry_next(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One of many mails; between two the talk is left to whoever waits for one."""
        self._patience = None
        receipt = yield from self.carry(ledger, partial(self._ahead, ahead))
        if self._pool.wanted and self._talk and self._talk.riding is None:
            self.give_back()
        return receipt

    def await_turn(self) -> Waiting[None]:
        """Until the rate lets the next of many go; what goes wrong is told when that is carried."""
        bucket, self._patience = self._pool.bucket, None
        if bucket is not None:
            with suppress(Failure):
                yield from self._take_turn(bucket)
                self._counted = True

    def carry(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """Hand a mail over; behind its content goes the envelope of the one that `ahead` tells."""
        try:
            if self._pool.bucket is not None:
                yield from self._take_turn(self._pool.bucket)
            yield from self._carry(ledger, ahead)
        except Failure as failure:
            return ledger.broken_off(failure, self._relay.name)
        except MessageError as error:
            return ledger.invalid(error)
        finally:
            if self._talk and not self._talk.usable:
                self.give_back()  # a dead talk does not hold a place
        return ledger.receipt()

    @property
    def keeps(self) -> bool:
        """Whether to give back takes no time: there is no talk, or it is kept."""
        return self._talk is None or self._pool.keeps(self._talk)

    def give_back(self) -> None:
        """Others may have the talk; the next mail borrows anew."""
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.blocking = True
            self._pool.give_back(talk)

    def _ahead(self, ahead: Ahead) -> Ledger | None:
        """The next mail, if nothing speaks against its envelope's going now."""
        if self._pool.wanted:
            return None
        ledger, bucket = ahead(), self._pool.bucket
        if ledger is None or bucket is None:
            return ledger
        self._counted = self._counted or bucket.try_take()
        return ledger if self._counted else None

    def _take_turn(self, bucket: Bucket | SharedBucket) -> Waiting[None]:
        """Until the rate lets it go; meanwhile others may use the talk."""
        if not (self._counted or bucket.try_take()):
            self.give_back()
            wait = self._hurry.wait if self._hurry else None
            if not (yield Call(partial(bucket.take, self._patience, wait))):
                raise _too_many(self._relay, bucket.pause)
        self._counted = False

    def _carry(self, ledger: Ledger, ahead: Ahead) -> Waiting[None]:
        """A talk that was kept may have died meanwhile, which is no trouble of this mail."""
        talk = yield from self._ready(ledger)
        kept = talk.mails > 0
        try:
            yield from self._speak(talk, ledger, ahead)
        except Broken as broken:
            if not kept or broken.timed_out or not broken.before_content or not ledger.open:
                raise
            talk = yield from self._renewed(talk)
            yield from self._speak(talk, ledger, ahead)

    def _speak(self, talk: Talk, ledger: Ledger, ahead: Ahead) -> Waiting[None]:
        """A talk that breaks may be one that cannot bear groups: the next ones go without."""
        try:
            yield from talk.carry(ledger, ahead if self._carries(talk, 2) else _nobody)
        except Broken as broken:
            if not (talk.careful or broken.unsaid or _says_goodbye(broken)):
                self._pool.be_careful()
            raise

    def _ready(self, ledger: Ledger) -> Waiting[Talk]:
        """The talk of the last mail, if it may carry this one; else another."""
        talk = self._talk
        if talk is None:
            kept = self._pool.borrow_kept()
            return self._use(kept) if kept else (yield from self._lent(self._pool.borrow))
        if talk.usable and talk.riding in (None, ledger) and self._carries(talk, 1):
            return talk
        return (yield from self._renewed(talk))

    def _renewed(self, talk: Talk) -> Waiting[Talk]:
        self._talk = None
        return (yield from self._lent(partial(self._pool.renew, talk)))

    def _lent(self, lend: Callable[..., Talk]) -> Waiting[Talk]:
        patience = None if self._patience else _as_long_as_a_mail(self._relay.timing)
        return self._use((yield Call(partial(lend, patience=patience), self._pool.give_back)))

    def _use(self, talk: Talk) -> Talk:
        talk.blocking = self._hurry is None
        talk.final_dot = self._relay.timing.final_dot
        self._talk = talk
        return talk

    def _carries(self, talk: Talk, more: int) -> bool:
        """Whether the talk may carry so many more mails."""
        most = self._relay.max_mails
        return most is None or talk.mails + more <= most


def _as_long_as_a_mail(timing: Timing) -> float:
    """What one of many waits for a talk: those who have one give it up after their mail."""
    return timing.connect + timing.content + timing.final_dot


def _too_many(relay: Relay, pause: float) -> Failure:
    reason = f"gets no more than {relay.rate} mails from us, and the next in {pause:.1f} s"
    failure = Failure(reason, "rate")
    failure.retry_in = pause
    return failure


def _nobody() -> None:
    """No mail comes behind."""


def _says_goodbye(broken: Broken) -> bool:
    return broken.reply is not None and broken.reply.code == 421
