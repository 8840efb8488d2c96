"""One thread's delivery: claims a few mails, hands them over, and ends each before the next goes.

The start of a mail is stored before its content leaves, in the transaction that ends the mail
before: a process that is killed has one mail for each lane of which nobody knows what became.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from math import inf
from typing import TypeVar

from ...envelope import Receipt, SealedMail
from ...errors import MailError
from .. import Delivery
from .claims import Claims
from .judgement import expired, judge
from .rows import Claimed, Finished, Outcome

T = TypeVar("T")
logger = logging.getLogger("flask_mailwright")

BATCH = 16
"""Mails at most that are claimed at once."""
STALE = 1.0
"""Seconds after which claimed mails that were not begun are given back: others may be urgent, and
other lanes be free."""
AGAIN = 0.2
"""Seconds between two tries to store what became of a mail."""


class Lane:
    """Delivers what it is given, and begins no other once it is `stopping`."""

    def __init__(self, claims: Claims, delivery: Delivery, stopping: threading.Event) -> None:
        self._claims = claims
        self._delivery = delivery
        self._world = delivery.world
        self._stopping = stopping
        self._lock = threading.Lock()
        self._left: deque[Claimed] = deque()
        self._ours: dict[str, Claimed] = {}
        """What was claimed and not given back before its time; under the lock, as `_left` is."""
        self._in_hand: deque[Claimed] = deque()
        self._trouble: MailError | None = None
        self._claimed_at = self._began = 0.0
        self._ended = 0
        self.room = BATCH
        """How many to claim: about what the relay took in the time until they are stale."""
        self._rests_until = -inf

    @property
    def rest(self) -> float:
        """Seconds for which the relay is left alone."""
        return self._rests_until - self._world.monotonic()

    def deliver(self, mails: list[Claimed]) -> None:
        """Each is ended, or given back untouched; MailError when the store fails."""
        self._begin_with(mails)
        try:
            while self._goes_on:
                self._carry()
        finally:
            self._claims.release(self._given_up())
        self._measure()
        if self._trouble is not None:
            raise self._trouble

    def lighten(self) -> bool:
        """Give back what waits behind a mail that takes long; whether there was any.

        For another thread: this lane's may be waiting for its relay for minutes.
        """
        if not self._is_stale:
            return False
        with self._lock:
            given = [self._ours.pop(each.mail.id) for each in self._left]
            self._left.clear()
        self._claims.release(given)
        return bool(given)

    def _begin_with(self, mails: list[Claimed]) -> None:
        self._trouble = None
        self._in_hand.clear()
        self._claimed_at, self._ended = self._world.monotonic(), 0
        with self._lock:
            self._left = deque(mails)
            self._ours = {each.mail.id: each for each in mails}

    def _given_up(self) -> list[Claimed]:
        with self._lock:
            ours, self._ours = list(self._ours.values()), {}
            self._left.clear()
            return ours

    def _measure(self) -> None:
        """A slow relay's mails are claimed one by one, so that none waits behind another."""
        seconds = max(self._world.monotonic() - self._claimed_at, 0.001)
        self.room = min(max(int(self._ended * STALE / seconds), 1), BATCH)

    @property
    def _goes_on(self) -> bool:
        over = self._trouble is not None or self._stopping.is_set() or self.rest > 0
        return bool(self._left) and not (over or self._is_stale)

    @property
    def _is_stale(self) -> bool:
        return self._world.monotonic() - self._claimed_at > STALE

    def _carry(self) -> None:
        """Until there are no more, or the one that was taken ahead may not go after all."""
        receipts = self._delivery.deliver_many(self._taken())
        try:
            for receipt in receipts:
                claimed = self._in_hand.popleft()
                if not self._end(claimed, receipt) and self._in_hand:
                    break  # the next was cancelled, or is another's by now, and has reached nobody
        finally:
            _close(receipts)
            self._in_hand.clear()

    def _taken(self) -> Iterator[SealedMail]:
        while self._goes_on and (claimed := self._next()) is not None:
            if self._may_go(claimed):
                self._in_hand.append(claimed)
                yield claimed.narrowed

    def _next(self) -> Claimed | None:
        with self._lock:
            return self._left.popleft() if self._left else None

    def _may_go(self, claimed: Claimed) -> bool:
        """One that is taken ahead starts when the one before it ends."""
        now = self._world.now()
        try:
            if claimed.expires is not None and claimed.expires <= now:
                self._expire(claimed, now)
                return False
            if self._in_hand:
                return True
            self._began = now
            return self._start(claimed, now)
        except MailError as trouble:
            self._trouble = trouble
            return False

    def _start(self, claimed: Claimed, now: float) -> bool:
        """Said again in trouble: it may be only the answer to our commit that is lost."""
        try:
            return self._claims.start(claimed, now)
        except MailError:
            return self._claims.start(claimed, now)

    def _expire(self, claimed: Claimed, now: float) -> None:
        outcome = expired(claimed, now)
        if self._stored(lambda: self._claims.finish(claimed, outcome, now, now)).ended:
            self._delivery.record(claimed.narrowed, outcome.receipt)

    def _end(self, claimed: Claimed, receipt: Receipt) -> bool:
        """Store it and tell it; whether the next one may go."""
        began, now = self._began, self._world.now()
        chance = int(self._world.token()[-8:], 16) / 0xFFFFFFFF
        outcome = judge(claimed, receipt, now, chance, self._delivery.timing)
        following = self._in_hand[0] if self._in_hand else None
        end = lambda: self._claims.finish(claimed, outcome, began, now, following)  # noqa: E731
        finished = self._stored(end)
        if not outcome.counted:
            self._rests_until = self._world.monotonic() + outcome.due - now
        self._tell(claimed, outcome, finished)
        self._began = now
        self._ended += 1
        return finished.next_may_go

    def _tell(self, claimed: Claimed, outcome: Outcome, finished: Finished) -> None:
        if not outcome.counted:
            return
        if finished.ended:
            self._delivery.record(claimed.narrowed, outcome.receipt)
        else:
            said = "; ".join(map(str, outcome.receipt.replies))
            logger.warning("%s is another process's by now: %s", claimed.mail.message_id, said)

    def _stored(self, step: Callable[[], T]) -> T:
        """Only this step is repeated when the database is away, never the delivery."""
        until, told = self._world.monotonic() + self._delivery.timing.lease, False
        while True:
            try:
                return step()
            except MailError as error:
                over = self._stopping.is_set() and self._world.monotonic() > until
                if over or error.kind != "temporary":
                    raise
                if not told:
                    logger.warning("what became of a mail is not stored yet: %s", error)
                told = True
                threading.Event().wait(AGAIN)


def _close(receipts: Iterator[Receipt]) -> None:
    close: Callable[[], None] = getattr(receipts, "close", lambda: None)
    close()
