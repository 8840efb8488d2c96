"""The outbox in one process: its store, opened when it is first asked for, and who delivers.

A forked child begins anew, with neither connections nor threads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import closing

from ...errors import MailError
from ...process import in_forked_child
from .. import Delivery
from .database import Database
from .deliverer import Deliverer
from .store import Store
from .tables import check_tables, complete_tables, make_tables

logger = logging.getLogger("flask_mailwright")


class Presence:
    """Delivers from `begin` to `end`, if no other process does and ours may."""

    def __init__(self, delivery: Delivery, open_database: Callable[[Delivery], Database]) -> None:
        self._delivery = delivery
        self._open_database = open_database
        self._embedded = delivery.outbox.embedded
        self._begin_anew()
        in_forked_child(self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._store: Store | None = None
        self._deliverer: Deliverer | None = None

    @property
    def store(self) -> Store:
        """The outbox as this process sees it."""
        with self._lock:
            if self._store is None:
                self._store = self._opened()
            return self._store

    @property
    def is_open(self) -> bool:
        """Whether the store was asked for."""
        return self._store is not None

    @property
    def delivers(self) -> bool:
        """Whether there are threads that deliver, or stand by."""
        return self._deliverer is not None

    def make_tables(self) -> bool:
        """Make them; False when they are there."""
        with closing(self._unopened()) as store:
            return complete_tables(store)

    def begin(self) -> Store:
        """Start the threads, unless they run or only workers deliver."""
        store = self.store
        with self._lock:
            if self._deliverer is None and self._embedded:
                self._deliverer = self._begun(store, sole=True)
        return store

    def wake(self, routes: Iterable[str]) -> None:
        """There is something new; unless somebody has closed it meanwhile delivery has begun."""
        self.begin()
        if (deliverer := self._deliverer) is not None:
            deliverer.wake(routes)

    def look(self) -> None:
        """For what others have put in."""
        if (deliverer := self._deliverer) is not None:
            deliverer.look()

    def begin_work(self) -> Store:
        """Deliver beside all others who do, whatever MAIL_WORKER says, until `end_work`."""
        store = self.store
        with self._lock:
            self._embedded = False
            self._deliverer = self._begun(store, sole=False)
        return store

    def end_work(self, hang_up: Callable[[], None]) -> bool:
        """Whether every mail in hand was ended: after the grace by `hang_up`, which breaks it off.

        Nothing is claimed any more, and what was claimed and not begun goes back at once.
        """
        with self._lock:
            deliverer, self._deliverer = self._deliverer, None
        grace = self._delivery.timing.grace
        ended = deliverer is None or deliverer.stop(grace) or deliverer.break_off(hang_up)
        self.store.close()
        return ended

    def deliver_during(self, wait: Callable[[], bool], timeout: float | None) -> bool:
        """Where only workers deliver: for once here too, as long as `wait` takes; what that says.

        False when another is at it for all of `timeout`. A mail in hand is always ended.
        """
        if not self._flushing.acquire(timeout=-1 if timeout is None else timeout):
            return False
        try:
            deliverer = self._begun(self.store, sole=False)
            try:
                return wait()
            finally:
                self._stop(deliverer)
        finally:
            self._flushing.release()

    def end(self) -> None:
        """Deliver no more, and close what is open."""
        with self._lock:
            deliverer, self._deliverer = self._deliverer, None
            store = self._store
        if deliverer is not None:
            self._stop(deliverer)
        if store is not None:
            store.close()

    def _opened(self) -> Store:
        store = self._unopened()
        try:
            if self._delivery.outbox.shared is None:
                make_tables(store)
            else:
                check_tables(store)  # the app's migrations make them
        except BaseException:
            store.close()
            raise
        return store

    def _unopened(self) -> Store:
        delivery = self._delivery
        database = self._open_database(delivery)
        return Store(database, delivery.app, delivery.world.token(), delivery.timing)

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


_NO_THREAD = (
    "this process can have no threads, so it cannot deliver: let it have some (uWSGI:"
    " --enable-threads), set MAIL_WORKER=external and run `flask mail worker` beside it, or set"
    " MAIL_ENGINE=inline"
)
