"""Delivers in threads of this process: quick and simple, and plainly not durable.

What is queued when the process is killed is gone. The threads start with the first mail, in the
process that submits it; a forked child begins empty, its parent's mails stay its parent's.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ..envelope import Receipt, Reply, SealedMail
from ..errors import DeliveryError
from ..process import at_exit, in_forked_child
from . import Delivery
from .job import Job
from .order import Order
from .ticket import Ticket

logger = logging.getLogger(__name__)

THREADS = 4
CAPACITY = 10_000
"""Mails not yet ended; one more is refused, so that a dead relay cannot fill the memory."""
REMEMBERED = 1_000
"""Ended mails that `ticket(id)` still finds."""
PATIENCE = 10.0
"""Seconds without any mail ending after which the exit of the process waits no longer."""
IDLE = 5.0
"""Seconds after which a thread without work ends."""


class _Entry(NamedTuple):
    """A mail that waits; no two have the same rank and turn."""

    rank: int
    turn: int
    job: Job
    mail: SealedMail


class ThreadsEngine:
    """A bounded queue and four threads; `close` drains it, and so does a graceful exit."""

    def __init__(
        self,
        delivery: Delivery,
        *,
        threads: int = THREADS,
        capacity: int = CAPACITY,
        patience: float = PATIENCE,
        idle: float = IDLE,
    ) -> None:
        self._delivery = delivery
        self._most_threads = threads
        self._capacity = capacity
        self._patience = patience
        self._idle = idle
        self._begin()
        in_forked_child(self._begin)
        at_exit(self._leave)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Entry] = []
        self._turn = itertools.count()
        self._tickets: dict[str, Ticket] = {}
        self._ended: deque[str] = deque()
        self._unended = 0
        self._threads: set[threading.Thread] = set()
        self._free = 0

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """Queue the mail; a MailError of kind temporary when the queue is full."""
        job = Job(mail.id, self._delivery.world.now())
        with self._changed:
            if self._unended >= self._capacity:
                raise _full(f"{self._unended} mails wait already: the relay does not keep up")
            if len(self._waiting) >= self._free:
                self._start_thread()
            heapq.heappush(self._waiting, _Entry(order.rank, next(self._turn), job, mail))
            self._unended += 1
            self._tickets[mail.id] = job.ticket
            self._changed.notify_all()
        return job.ticket

    def ticket(self, id: str) -> Ticket | None:  # noqa: A002
        """A mail of this process that is queued, under way or among the last that ended."""
        return self._tickets.get(id)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until nothing is queued or under way; False when `timeout` seconds were too few."""
        with self._changed:
            return self._changed.wait_for(lambda: self._unended == 0, timeout)

    def close(self) -> None:
        """Deliver what is queued and end the threads; the next mail starts new ones."""
        self.flush()
        with self._changed:
            retired, self._threads = self._threads, set()
            self._changed.notify_all()
        for thread in retired:
            thread.join()

    def _start_thread(self) -> None:
        if len(self._threads) >= self._most_threads:
            return
        thread = threading.Thread(target=self._work, name="mailwright", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            if not self._threads:
                raise _full("no thread can be started in this process") from error
            return
        self._threads.add(thread)

    def _work(self) -> None:
        try:
            while (entry := self._first()) is not None:
                self._deliver(entry)
        finally:
            with self._changed:
                self._threads.discard(threading.current_thread())

    def _first(self) -> _Entry | None:
        """The mail whose turn it is; None when this thread may end."""
        with self._changed:
            self._free += 1
            self._changed.wait_for(lambda: self._waiting or self._retired(), self._idle)
            self._free -= 1
            if self._waiting:
                return heapq.heappop(self._waiting)
            self._threads.discard(threading.current_thread())
            return None

    def _retired(self) -> bool:
        return threading.current_thread() not in self._threads

    def _deliver(self, first: _Entry) -> None:
        in_hand: deque[_Entry] = deque()
        try:
            for receipt in self._delivery.deliver_many(self._take(first, in_hand)):
                entry = in_hand.popleft()
                try:
                    self._delivery.record(entry.mail, receipt)
                finally:
                    self._end(entry, receipt)
        finally:
            for entry in in_hand:  # somebody raised through us
                self._end(entry, _unknown(entry.mail))

    def _take(self, first: _Entry, in_hand: deque[_Entry]) -> Iterator[SealedMail]:
        """The mails that wait right now, so that one connection carries them all."""
        entry: _Entry | None = first
        while entry is not None:
            if entry.job.start():
                in_hand.append(entry)
                yield entry.mail
            else:
                self._forget(entry)
            entry = self._next()

    def _next(self) -> _Entry | None:
        with self._changed:
            return heapq.heappop(self._waiting) if self._waiting else None

    def _end(self, entry: _Entry, receipt: Receipt) -> None:
        entry.job.finish(receipt)
        self._forget(entry)

    def _forget(self, entry: _Entry) -> None:
        with self._changed:
            self._unended -= 1
            self._ended.append(entry.mail.id)
            if len(self._ended) > REMEMBERED:
                self._tickets.pop(self._ended.popleft(), None)
            self._changed.notify_all()

    def _leave(self) -> None:
        with self._changed:
            while left := self._unended:
                if not self._changed.wait_for(lambda: self._unended < left, self._patience):
                    logger.error("%d mails were not sent before the process ended", left)
                    return


def _unknown(mail: SealedMail) -> Receipt:
    """What can be said when delivery was left without an answer."""
    text = "delivery broke off in this process"
    replies = tuple(Reply(to.address, "in_doubt", text=text) for to in mail.envelope.recipients)
    return Receipt(mail.message_id, replies, DeliveryError.from_replies(replies, "engine"))


def _full(reason: str) -> DeliveryError:
    return DeliveryError(f"{reason}; try again later", kind="temporary", stage="store")
