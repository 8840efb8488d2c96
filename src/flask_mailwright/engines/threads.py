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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from ..envelope import Receipt, Reply, SealedMail
from ..errors import DeliveryError
from ..process import at_exit, in_forked_child
from ..reply import Action
from . import Delivery
from .job import Job
from .order import Order
from .ticket import Ticket

logger = logging.getLogger(__name__)

CAPACITY = 10_000
"""Mails not yet ended; one more is refused, so that a dead relay cannot fill the memory."""
OCTETS = 256 * 2**20
"""Of their contents together; the first mail beyond is still taken."""
REMEMBERED = 1_000
"""Ended mails that `ticket(id)` still finds."""
PATIENCE = 10.0
"""Seconds without any mail relayed after which nobody waits for the queue to move any longer."""
IDLE = 5.0
"""Seconds after which a thread without work ends."""
HELD = 60.0
"""Seconds since it was submitted for which a mail waits for a relay that is left alone."""


class _Entry(NamedTuple):
    """A mail that waits; no two have the same rank and turn."""

    rank: int
    turn: int
    job: Job
    mail: SealedMail


@dataclass(eq=False)
class _Queue:
    """What waits for one route, and who delivers it: another's relay may be slow or away."""

    most_threads: int
    waiting: list[_Entry] = field(default_factory=list)
    threads: set[threading.Thread] = field(default_factory=set)
    free: int = 0
    resting_until: float = -inf


class ThreadsEngine:
    """A bounded queue and a few threads for each route; `close` drains it, and a graceful exit too.

    One connection is left to who sends now, if there is more than one.
    """

    def __init__(
        self,
        delivery: Delivery,
        *,
        threads: int | None = None,
        capacity: int = CAPACITY,
        octets: int = OCTETS,
        patience: float = PATIENCE,
        idle: float = IDLE,
        held: float = HELD,
    ) -> None:
        self._delivery = delivery
        self._monotonic = delivery.world.monotonic
        self._most_threads = threads
        self._capacity = capacity
        self._most_octets = octets
        self._patience = patience
        self._idle = idle
        self._held = held
        self._begin()
        in_forked_child(self._begin)
        at_exit(self._leave)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._queues: dict[str, _Queue] = {}
        self._turn = itertools.count()
        self._tickets: dict[str, Ticket] = {}
        self._ended: deque[str] = deque()
        self._unended = self._octets = self._relayed = 0

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """Queue the mail; a MailError of kind temporary when the queue is full."""
        job = Job(mail.id, self._delivery.world.now())
        queue = self._queue(mail.route)
        with self._changed:
            if self._is_full():
                raise _full(f"{self._unended} mails wait already: the relay does not keep up")
            if len(queue.waiting) >= queue.free:
                self._start_thread(queue)
            heapq.heappush(queue.waiting, _Entry(order.rank, next(self._turn), job, mail))
            self._unended += 1
            self._octets += len(mail.content)
            self._tickets[mail.id] = job.ticket
            self._changed.notify_all()
        return job.ticket

    def make_room(self) -> None:
        """Wait while the queue is full and mails go out; for whoever submits a great many."""
        with self._changed:
            while self._is_full() and self._moves(lambda: not self._is_full()):
                pass

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
            retired = [thread for queue in self._queues.values() for thread in queue.threads]
            for queue in self._queues.values():
                queue.threads = set()
            self._changed.notify_all()
        for thread in retired:
            thread.join()

    def _queue(self, route: str) -> _Queue:
        queue = self._queues.get(route)
        if queue is None:
            most = self._most_threads or max(1, self._delivery.way(route).connections - 1)
            queue = self._queues.setdefault(route, _Queue(most))
        return queue

    def _start_thread(self, queue: _Queue) -> None:
        if len(queue.threads) >= queue.most_threads:
            return
        thread = threading.Thread(target=self._work, args=(queue,), name="mailwright", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            if not queue.threads:
                raise _full("no thread can be started in this process") from error
            return
        queue.threads.add(thread)

    def _work(self, queue: _Queue) -> None:
        try:
            while (entry := self._first(queue)) is not None:
                try:
                    self._deliver(queue, entry)
                except Exception:
                    logger.exception("delivery broke off; it goes on with the next mail")
        finally:
            with self._changed:
                queue.threads.discard(threading.current_thread())

    def _first(self, queue: _Queue) -> _Entry | None:
        """The mail whose turn it is; None when this thread may end."""
        thread = threading.current_thread()
        with self._changed:
            queue.free += 1
            while (rest := self._rest(queue)) > 0:
                self._changed.wait(rest)
            self._changed.wait_for(lambda: queue.waiting or thread not in queue.threads, self._idle)
            queue.free -= 1
            if queue.waiting:
                return heapq.heappop(queue.waiting)
            queue.threads.discard(thread)
            return None

    def _rest(self, queue: _Queue) -> float:
        """How long the relay is left alone, while any mail waits for it."""
        return queue.resting_until - self._monotonic() if queue.waiting else 0

    def _deliver(self, queue: _Queue, first: _Entry) -> None:
        in_hand = deque((first,))
        try:
            for receipt in self._delivery.deliver_many(self._take(queue, first, in_hand)):
                entry = in_hand.popleft()
                if self._waits(queue, entry, receipt):
                    continue
                try:
                    self._delivery.record(entry.mail, receipt)
                finally:
                    self._end(queue, entry, receipt)
        finally:
            for entry in in_hand:  # somebody raised through us
                self._end(queue, entry, _unknown(entry))

    def _take(self, queue: _Queue, first: _Entry, in_hand: deque[_Entry]) -> Iterator[SealedMail]:
        """The mails that wait right now, so that one connection carries them all."""
        entry: _Entry | None = first
        while entry is not None:
            if entry is not first:
                in_hand.append(entry)
            if entry.job.start():
                yield entry.mail
            else:
                in_hand.remove(entry)
                self._forget(queue, entry)
            entry = self._next(queue)

    def _next(self, queue: _Queue) -> _Entry | None:
        with self._changed:
            ready = queue.waiting and self._rest(queue) <= 0
            return heapq.heappop(queue.waiting) if ready else None

    def _waits(self, queue: _Queue, entry: _Entry, receipt: Receipt) -> bool:
        """Put a mail back whose relay was not asked, and leave that alone as long as it wants."""
        now, error = self._delivery.world.now(), receipt.error
        if error is None or error.retry_in is None or error.kind != "temporary":
            return False
        if now - entry.job.ticket.created > self._held:
            return False
        entry.job.put_back()
        with self._changed:
            queue.resting_until = self._monotonic() + error.retry_in
            heapq.heappush(queue.waiting, entry)
            self._changed.notify_all()
        return True

    def _end(self, queue: _Queue, entry: _Entry, receipt: Receipt) -> None:
        entry.job.finish(receipt)
        self._forget(queue, entry, relayed=bool(receipt.relayed))

    def _forget(self, queue: _Queue, entry: _Entry, *, relayed: bool = False) -> None:
        with self._changed:
            self._relayed += relayed
            queue.resting_until = -inf if relayed else queue.resting_until
            self._unended -= 1
            self._octets -= len(entry.mail.content)
            self._ended.append(entry.mail.id)
            if len(self._ended) > REMEMBERED:
                self._tickets.pop(self._ended.popleft(), None)
            self._changed.notify_all()

    def _leave(self) -> None:
        with self._changed:
            while self._unended:
                if not self._moves(lambda: self._unended == 0):
                    logger.error("%d mails were not sent before the process ended", self._unended)
                    return

    def _is_full(self) -> bool:
        return self._unended >= self._capacity or self._octets >= self._most_octets

    def _moves(self, done: Callable[[], bool]) -> bool:
        """Wait for it to be done or for another mail to be relayed; False when neither comes."""
        before = self._relayed
        return self._changed.wait_for(lambda: done() or self._relayed > before, self._patience)


def _unknown(entry: _Entry) -> Receipt:
    """What can be said when delivery broke off: a mail that nobody had taken was not sent."""
    action: Action = "in_doubt" if entry.job.status() == "sending" else "failed"
    replies = tuple(
        Reply(to.address, action, text="delivery broke off in this process", transient=True)
        for to in entry.mail.envelope.recipients
    )
    return Receipt(entry.mail.message_id, replies, DeliveryError.from_replies(replies, "engine"))


def _full(reason: str) -> DeliveryError:
    return DeliveryError(f"{reason}; try again later", kind="temporary", stage="store")
