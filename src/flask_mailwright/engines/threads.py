"""Delivers in threads of this process: quick and simple, and plainly not durable.

What is queued when the process is killed is gone. The threads start with the first mail, in the
process that submits it; a forked child begins empty, its parent's mails stay its parent's.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import queue
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from ..envelope import Receipt, SealedMail
from ..errors import DeliveryError
from ..reply import Reply
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


class Queued(Job):
    """A job with its mail."""

    def __init__(self, mail: SealedMail, created: float) -> None:
        super().__init__(mail.id, created)
        self.mail = mail


_Entry = tuple[int, int, Queued | None]
"""Rank, turn, and the job; None ends a thread."""


class ThreadsEngine:
    """A bounded queue and four threads; `close` drains it, and so does a graceful exit."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._begin()
        _call_weakly(self._begin, lambda call: os.register_at_fork(after_in_child=call))
        _call_weakly(self._leave, atexit.register)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._queue: queue.PriorityQueue[_Entry] = queue.PriorityQueue()
        self._turn = itertools.count()
        self._jobs: OrderedDict[str, Queued] = OrderedDict()
        self._unended = 0
        self._threads: list[threading.Thread] = []

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """Queue the mail; a MailError of kind temporary when the queue is full."""
        job = Queued(mail, self._delivery.world.now())
        with self._changed:
            if self._unended >= CAPACITY:
                raise DeliveryError(
                    f"{CAPACITY} mails wait already: the relay does not keep up; try again later",
                    kind="temporary",
                    stage="store",
                )
            self._unended += 1
            self._remember(job)
            self._queue.put((order.rank, next(self._turn), job))
            self._start_thread()
        return job.ticket

    def ticket(self, id: str) -> Ticket | None:
        """A mail of this process that is queued, under way or among the last that ended."""
        job = self._jobs.get(id)
        return job.ticket if job else None

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until nothing is queued or under way; False when `timeout` seconds were too few."""
        with self._changed:
            return self._changed.wait_for(lambda: self._unended == 0, timeout)

    def close(self) -> None:
        """Deliver what is queued and end the threads; the next mail starts new ones."""
        self.flush()
        with self._changed:
            threads, self._threads = self._threads, []
        for _ in threads:
            self._queue.put((len(threads), next(self._turn), None))
        for thread in threads:
            thread.join()

    def _remember(self, job: Queued) -> None:
        self._jobs[job.mail.id] = job
        while len(self._jobs) > self._unended + REMEMBERED:
            self._jobs.popitem(last=False)

    def _start_thread(self) -> None:
        if len(self._threads) < THREADS:
            name = f"mailwright-{len(self._threads) + 1}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (job := self._queue.get()[2]) is not None:
            in_hand: deque[Queued] = deque()
            try:
                self._deliver(job, in_hand)
            except Exception as error:
                logger.exception("delivery broke off; %d mails in hand", len(in_hand))
                for lost in in_hand:
                    self._end(lost, _broken_off(lost.mail, error))

    def _deliver(self, first: Queued, in_hand: deque[Queued]) -> None:
        for receipt in self._delivery.deliver_many(self._take(first, in_hand)):
            job = in_hand.popleft()
            try:
                self._delivery.record(job.mail, receipt)
            finally:
                self._end(job, receipt)

    def _take(self, first: Queued, in_hand: deque[Queued]) -> Iterator[SealedMail]:
        """The mails that wait right now, so that one connection carries them all."""
        job: Queued | None = first
        while job is not None:
            if job.start():
                in_hand.append(job)
                yield job.mail
            else:
                self._uncount()
            job = self._next()

    def _next(self) -> Queued | None:
        try:
            entry = self._queue.get_nowait()
        except queue.Empty:
            return None
        if entry[2] is None:
            self._queue.put(entry)
        return entry[2]

    def _end(self, job: Queued, receipt: Receipt) -> None:
        job.finish(receipt)
        self._uncount()

    def _uncount(self) -> None:
        with self._changed:
            self._unended -= 1
            self._changed.notify_all()

    def _leave(self) -> None:
        with self._changed:
            while self._unended:
                left = self._unended
                if not self._changed.wait_for(lambda: self._unended < left, PATIENCE):  # noqa: B023
                    logger.error("%d mails were not sent before the process ended", left)
                    return


def _call_weakly(
    method: Callable[[], None], register: Callable[[Callable[[], None]], object]
) -> None:
    reference = weakref.WeakMethod(method)

    def call() -> None:
        if alive := reference():
            alive()

    register(call)


def _broken_off(mail: SealedMail, error: Exception) -> Receipt:
    text = f"the transport broke off: {type(error).__name__}"
    people = [recipient.address for recipient in mail.envelope.recipients]
    replies = tuple(Reply(address, "in_doubt", text=text) for address in people)
    return Receipt(mail.message_id, replies, DeliveryError.from_replies(replies, "transport"))
