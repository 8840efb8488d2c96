"""The threads of one process that empty an outbox: lanes that deliver, and one for the keeper."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ...errors import MailError
from .. import Delivery
from .keeper import LOOK, Keeper
from .lane import Lane
from .rows import Claimed
from .store import Store

logger = logging.getLogger("flask_mailwright")

BATCH = 16
"""Mails that a lane claims at once."""
PAUSE = 1.0
"""Seconds after which a lane goes on that had trouble with the database."""


class Deliverer:
    """Begins with `begin` and ends with `stop`; `wake` tells that there is new mail."""

    def __init__(self, store: Store, delivery: Delivery, *, sole: bool) -> None:
        self._store = store
        self._delivery = delivery
        self._keeper = Keeper(store, delivery, self.wake, sole=sole)
        self._changed = threading.Condition()
        self._calls = 0
        self._stopping, self._stopped = threading.Event(), threading.Event()
        self._lanes: list[threading.Thread] = []

    def begin(self) -> None:
        """Start the threads; RuntimeError when this process cannot have even two."""
        try:
            self._kept = _started(self._keep)
            for _ in range(max(1, self._delivery.connections - 1)):
                self._lanes.append(_started(self._work))
        except RuntimeError:
            if not self._lanes:
                self._stopped.set()
                raise

    def wake(self) -> None:
        """One more lane looks at once."""
        with self._changed:
            self._calls += 1
            self._changed.notify()

    def stop(self, grace: float) -> bool:
        """Claim no more; whether the mails in hand were ended within so many seconds.

        They stay ours until then: the keeper is the last to go.
        """
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        until = self._delivery.world.monotonic() + grace
        for thread in self._lanes:
            thread.join(max(until - self._delivery.world.monotonic(), 0))
        self._stopped.set()
        self._kept.join()
        self._quietly(self._keeper.leave)
        return not any(thread.is_alive() for thread in self._lanes)

    def _keep(self) -> None:
        while not self._stopped.is_set():
            self._quietly(self._keeper.round)
            self._stopped.wait(LOOK)

    def _work(self) -> None:
        lane = Lane(self._store, self._delivery, self._stopping)
        while not self._stopping.is_set():
            calls = self._calls
            if not self._quietly(lambda: self._turn(lane)):
                self._await_call(calls)

    def _turn(self, lane: Lane) -> bool:
        """Whether there was anything to do, or may be soon."""
        if lane.rest > 0:
            self._stopping.wait(min(lane.rest, PAUSE))
            return True
        mails = self._claimed()
        if len(mails) == BATCH:
            self.wake()  # there may be more, for another lane
        if mails:
            lane.deliver(mails)
        return bool(mails)

    def _claimed(self) -> list[Claimed]:
        own = not self._delivery.takes_all()
        if not (own or self._keeper.in_office):
            return []
        return self._store.claim(self._delivery.world.now(), BATCH, own=own)

    def _await_call(self, calls: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._calls != calls or self._stopping.is_set())

    def _quietly(self, step: Callable[[], object]) -> object:
        """What goes wrong is told, and the thread goes on after a pause."""
        try:
            return step()
        except MailError as error:
            logger.warning("delivery from the outbox pauses: %s", error)
        except (Exception, SystemExit):  # a receiver may call sys.exit, and lanes must not die
            logger.exception("delivery from the outbox broke off; it goes on")
        self._stopping.wait(PAUSE)
        return True


def _started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="mailwright-outbox", daemon=True)
    thread.start()
    return thread
