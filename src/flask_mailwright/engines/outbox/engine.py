"""The engine: a mail is stored before `submit` returns, and delivered by threads of some process.

One process of all that use the outbox delivers, the others put in. What a process that dies leaves
behind the next one delivers.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence

from ...envelope import Receipt, SealedMail
from ...errors import DeliveryError, MailError, MailTimeout
from ...process import at_exit, in_forked_child
from .. import Delivery
from ..order import Order
from ..ticket import Status, Ticket
from .choice import database_of
from .database import Database
from .deliverer import Deliverer
from .rows import Standing, Stored
from .store import Store

logger = logging.getLogger("flask_mailwright")

AT_EXIT = 10.0
"""Seconds for which a process that ends delivers what it has submitted itself."""
LOOK = 0.1
"""Seconds between two looks at a mail that somebody waits for."""
_KEYS = uuid.UUID("6f1d8a34-8b8e-5f0f-9d6a-3f0a5f1f6f51")
"""The name space of the ids that are made of keys."""


class OutboxEngine:
    """Begins to deliver with the first mail, or with `begin`, in the process that calls it."""

    plans = True
    """It knows `at`, `expires` and `key`."""

    def __init__(
        self,
        delivery: Delivery,
        open_database: Callable[[Delivery], Database] = database_of,
        *,
        at_exit_seconds: float = AT_EXIT,
    ) -> None:
        self._open_database = open_database
        self._delivery = delivery
        self._at_exit = at_exit_seconds
        self._begin_anew()
        in_forked_child(self._begin_anew)
        at_exit(self._leave)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._deliverer: Deliverer | None = None

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """When it returns the mail is stored; a MailError of stage `store` when that cannot be."""
        return self.submit_many([(mail, order)])[0]

    def submit_many(self, mails: Sequence[tuple[SealedMail, Order]]) -> list[Ticket]:
        """The same for several: all of them are stored, or none."""
        store, now = self.begin(), self._delivery.world.now()
        stored = [Stored(_identified(*each), each[1], now, store.owner) for each in mails]
        store.put(stored)
        self.begin()  # unless somebody has closed it meanwhile it has begun
        if (deliverer := self._deliverer) is not None:
            deliverer.wake()
        return [Ticket(each.mail.id, now, _Kept(self, each.mail.id)) for each in stored]

    def ticket(self, id: str) -> Ticket | None:  # noqa: A002
        """Any mail of this app that is in the outbox, whoever submitted it."""
        standing = self.store.find(id)
        return Ticket(id, standing.created, _Kept(self, id)) if standing else None

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until nothing is due or in hand; False when `timeout` seconds were too few."""
        store, own = self.begin(), not self._delivery.takes_all()
        now = self._delivery.world.now
        return self._await(lambda: not store.waiting(now(), own=own), timeout)

    def close(self) -> None:
        """Wait for what this process has submitted, and end; a later mail begins anew."""
        if self._deliverer is not None and (store := self._store) is not None:
            self._await(lambda: not self._own(store), None)
        self._end()

    @property
    def store(self) -> Store:
        """The outbox as this process sees it."""
        with self._lock:
            if self._store is None:
                delivery = self._delivery
                database = self._open_database(delivery)
                store = Store(database, delivery.app, delivery.world.token(), delivery.timing)
                store.make_tables()
                self._store = store
            return self._store

    def begin(self) -> Store:
        """Deliver what is in the outbox, if no other process does, and what comes."""
        store = self.store
        with self._lock:
            if self._deliverer is None:
                deliverer = Deliverer(store, self._delivery, sole=True)
                try:
                    deliverer.begin()
                except RuntimeError as error:
                    raise MailError(_NO_THREAD, kind="configuration", stage="store") from error
                self._deliverer = deliverer
        return store

    def _await(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Look again and again."""
        monotonic = self._delivery.world.monotonic
        until = None if timeout is None else monotonic() + timeout
        while not done():
            if until is not None and monotonic() >= until:
                return False
            threading.Event().wait(LOOK)
        return True

    def _end(self) -> None:
        with self._lock:
            deliverer, self._deliverer = self._deliverer, None
            store = self._store
        if deliverer is not None and not deliverer.stop(self._delivery.timing.grace):
            logger.error("a mail was still in hand when its time was over; it is in doubt")
        if store is not None:
            store.close()

    def _leave(self) -> None:
        """At exit: not for long, for nothing is lost."""
        store = self._store
        if store is None or self._deliverer is None:
            return
        try:
            self._await(lambda: not self._own(store), self._at_exit)
            if left := self._own(store):
                logger.warning("%d mails stay in the outbox for the next process", left)
            self._end()
        except MailError as error:
            logger.warning("the outbox at exit: %s", error)

    def _own(self, store: Store) -> int:
        return store.waiting(self._delivery.world.now(), own=True)


def _identified(mail: SealedMail, order: Order) -> SealedMail:
    """The same key is the same row."""
    if order.key is None:
        return mail
    return mail._replace(id=uuid.uuid5(_KEYS, f"{mail.app}\n{order.key}").hex)


_NO_THREAD = (
    "this process can have no threads, so it cannot deliver: let it have some (uWSGI:"
    " --enable-threads), or set MAIL_ENGINE=inline"
)


class _Kept:
    """What a ticket asks about a mail in the outbox."""

    def __init__(self, engine: OutboxEngine, id: str) -> None:  # noqa: A002
        self._engine = engine
        self._id = id

    def status(self) -> Status:
        return self._standing().status

    def cancel(self) -> bool:
        return self._engine.store.cancel(self._id, self._engine._delivery.world.now())

    def wait(self, timeout: float | None) -> Receipt:
        """Ends when every recipient has a final answer; one that is held has none."""
        ended = lambda: self._standing().status not in ("queued", "sending")  # noqa: E731
        if not self._engine._await(ended, timeout):
            raise MailTimeout(f"mail {self._id} has no final answer after {timeout:g} s")
        return _receipt(self._id, self._standing())

    def _standing(self) -> Standing:
        standing = self._engine.store.find(self._id)
        if standing is None:
            raise MailError(f"mail {self._id} is not in the outbox any more", stage="store")
        return standing


def _receipt(id: str, standing: Standing) -> Receipt:  # noqa: A002
    if standing.status == "cancelled":
        raise MailError(f"mail {id} was cancelled", stage="queue")
    if standing.status == "held":
        raise MailError(f"mail {id} is held: {standing.reason}", kind="in_doubt", stage="queue")
    missed = [reply for reply in standing.replies if reply.action not in ("relayed", "suppressed")]
    error = DeliveryError.from_replies(standing.replies, "queue") if missed else None
    return Receipt(standing.message_id, standing.replies, error)
