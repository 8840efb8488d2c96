"""The engine: a mail is stored before `submit` returns, and delivered by threads of some process.

One process of all that use the outbox delivers, the others put in. What a process that dies leaves
behind the next one delivers.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from math import inf

from ...envelope import SealedMail
from ...errors import MailError
from ...process import at_exit, in_forked_child
from .. import Delivery
from ..order import Order
from ..ticket import Ticket
from .choice import database_of, place
from .database import Database
from .deliverer import Deliverer
from .joined import Joined, Transaction
from .kept import Kept
from .rows import Stored
from .store import Store

logger = logging.getLogger("flask_mailwright")

AT_EXIT = 10.0
"""Seconds for which a process that ends delivers what it has submitted itself."""
LAST = 0.5
"""Seconds for what became of a mail that was broken off, before it is broken off again."""
BREAKS = 10
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
        self._embedded = delivery.outbox.embedded
        self._begin_anew()
        in_forked_child(self._begin_anew)
        at_exit(self._leave)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._deliverer: Deliverer | None = None
        self._flushing = threading.Lock()

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """When it returns the mail is stored; a MailError of stage `store` when that cannot be."""
        return self.submit_many([(mail, order)])[0]

    def submit_many(self, mails: Sequence[tuple[SealedMail, Order]]) -> list[Ticket]:
        """The same for several: all of them are stored, or none.

        In the app's own transaction, when that has work to commit.
        """
        store, now = self.begin(), self.now()
        stored = [Stored(_identified(*each), each[1], now, store.owner) for each in mails]
        routes = {each.mail.route for each in stored if (each.order.at or now) <= now}
        transaction = Transaction.of(self._delivery.outbox.shared)
        if transaction is not None:
            transaction.put(store, stored, lambda: self._wake(routes))
            return [
                Ticket(each.mail.id, now, Joined(self, each.mail.id, transaction))
                for each in stored
            ]
        store.put(stored)
        self._wake(routes)
        return [Ticket(each.mail.id, now, Kept(self, each.mail.id)) for each in stored]

    def watch(self, mail: SealedMail) -> None:
        """Say so if a mail that goes nowhere is sent in a transaction that nobody commits."""
        transaction = Transaction.of(self._delivery.outbox.shared)
        if transaction is not None:
            transaction.watch(mail, _nothing)

    def ticket(self, id: str) -> Ticket | None:  # noqa: A002
        """Any mail of this app that is in the outbox, whoever submitted it."""
        standing = self.store.find(id)
        return Ticket(id, standing.created, Kept(self, id)) if standing else None

    def cancel(self, id: str) -> bool:  # noqa: A002
        """Stop a mail, in the app's own transaction when that has work to commit."""
        transaction = Transaction.of(self._delivery.outbox.shared)
        if transaction is None:
            return self.store.cancel(id, self.now())
        return transaction.cancel(self.store, id, self.now())

    def flush(self, timeout: float | None = None) -> bool:
        """Deliver until nothing is due or in hand; False when `timeout` seconds were too few."""
        store = self.begin()
        done = lambda: not self._deliverable(store)  # noqa: E731
        if self._deliverer is not None:
            return self.wait_for(done, timeout)
        return self._deliver_until(done, timeout)

    def close(self) -> None:
        """Wait for what this process has submitted, and end; a later mail begins anew."""
        try:
            if self._deliverer is not None and (store := self._store) is not None:
                self.wait_for(lambda: not self._own(store), None)
        finally:
            self._end()

    @property
    def store(self) -> Store:
        """The outbox as this process sees it."""
        with self._lock:
            if self._store is None:
                self._store = self._opened()
            return self._store

    def _closed_store(self) -> Store:
        delivery = self._delivery
        database = self._open_database(delivery)
        return Store(database, delivery.app, delivery.world.token(), delivery.timing)

    def _opened(self) -> Store:
        store = self._closed_store()
        try:
            if self._delivery.outbox.shared is None:
                store.make_tables()
            else:
                store.check_tables()  # the app's migrations make them
        except BaseException:
            store.close()
            raise
        return store

    def begin(self) -> Store:
        """Deliver what is in the outbox, if no other process does and ours may, and what comes."""
        store = self.store
        with self._lock:
            if self._deliverer is None and self._embedded:
                self._deliverer = self._begun(store, sole=True)
        return store

    def begin_work(self) -> Store:
        """Deliver beside all others who do, whatever MAIL_WORKER says, until `end_work`."""
        store = self.store
        with self._lock:
            self._embedded = False
            self._deliverer = self._begun(store, sole=False)
        return store

    @property
    def place(self) -> str:
        """Where the outbox is; neither user nor password are told."""
        return place(self._delivery.outbox)

    def end_work(self, hang_up: Callable[[], None]) -> bool:
        """Whether every mail in hand was ended: after the grace by `hang_up`, which breaks it off.

        Nothing is claimed any more, and what was claimed and not begun goes back at once.
        """
        deliverer, self._deliverer = self._deliverer, None
        grace = self._delivery.timing.grace
        ended = deliverer is None or deliverer.stop(grace) or _broken_off(deliverer, hang_up)
        self.store.close()
        return ended

    def make_tables(self) -> bool:
        """Make them; False when they are there."""
        store = self._closed_store()
        try:
            if store.has_tables:
                return False
            store.make_tables()
            return True
        finally:
            store.close()

    def _deliver_until(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Where only workers deliver: for once here too; a mail in hand is always ended."""
        if not self._flushing.acquire(timeout=-1 if timeout is None else timeout):
            return False
        try:
            deliverer = self._begun(self.store, sole=False)
            try:
                return self.wait_for(done, timeout)
            finally:
                self._stop(deliverer)
        finally:
            self._flushing.release()

    def _begun(self, store: Store, *, sole: bool) -> Deliverer:
        deliverer = Deliverer(store, self._delivery, sole=sole)
        try:
            deliverer.begin()
        except RuntimeError as error:
            raise MailError(_NO_THREAD, kind="configuration", stage="store") from error
        return deliverer

    def _stop(self, deliverer: Deliverer) -> None:
        if not deliverer.stop(self._delivery.timing.grace):
            logger.error("a mail was still in hand when its time was over; it is in doubt")

    def _deliverable(self, store: Store) -> int:
        """Without what others submitted for a route that reaches nobody here."""
        now, takes_all = self.now(), self._delivery.takes_all()
        count = store.waiting(now, own=not takes_all)
        if count and takes_all:
            local = [route for route in store.routes() if self._delivery.way(route).local]
            count -= sum(store.waiting_of_others(now, route) for route in local)
        return count

    def now(self) -> float:
        """Seconds since 1970."""
        return self._delivery.world.now()

    def wait_for(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Look again and again; False when `timeout` seconds were too few.

        A store that fails is given as long as `busy`.
        """
        monotonic = self._delivery.world.monotonic
        until = inf if timeout is None else monotonic() + timeout
        looked = monotonic()
        while True:
            try:
                if done():
                    return True
                looked = monotonic()
            except MailError as error:
                patient = monotonic() < min(looked + self._delivery.timing.busy, until)
                if error.kind != "temporary" or not patient:
                    raise
            if monotonic() >= until:
                return False
            threading.Event().wait(LOOK)

    def _wake(self, routes: set[str]) -> None:
        """There is something new; unless somebody has closed it meanwhile delivery has begun."""
        self.begin()
        if (deliverer := self._deliverer) is not None:
            deliverer.wake(routes)

    def _end(self) -> None:
        with self._lock:
            deliverer, self._deliverer = self._deliverer, None
            store = self._store
        if deliverer is not None:
            self._stop(deliverer)
        if store is not None:
            store.close()

    def _leave(self) -> None:
        """At exit: not for long, for nothing is lost."""
        store = self._store
        if store is None:
            return
        try:
            if self._deliverer is None:
                store.close()
                return
            self.wait_for(lambda: not self._own(store), self._at_exit)
            if left := self._own(store):
                logger.warning("%d mails stay in the outbox for the next process", left)
            self._end()
        except MailError as error:
            logger.warning("the outbox at exit: %s", error)

    def _own(self, store: Store) -> int:
        return store.waiting(self.now(), own=True)


def _nothing() -> None:
    """Nobody waits for it."""


def _broken_off(deliverer: Deliverer, hang_up: Callable[[], None]) -> bool:
    """Again and again, for what has reached nobody may begin anew on another connection."""
    for _ in range(BREAKS):
        hang_up()
        if deliverer.stop(LAST):
            return True
    return False


def _identified(mail: SealedMail, order: Order) -> SealedMail:
    """The same key is the same row."""
    if order.key is None:
        return mail
    return mail._replace(id=uuid.uuid5(_KEYS, f"{mail.app}\n{order.key}").hex)


_NO_THREAD = (
    "this process can have no threads, so it cannot deliver: let it have some (uWSGI:"
    " --enable-threads), set MAIL_WORKER=external and run `flask mail worker` beside it, or set"
    " MAIL_ENGINE=inline"
)
