"""The thread that empties one route of an outbox; it begins when there is work, and sleeps."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from ...errors import MailError
from .. import Delivery
from .claims import Claims
from .keeper import Keeper
from .shift import Shift, Whose

logger = logging.getLogger("flask_mailwright")

PAUSE = 1.0
"""Seconds after which a thread goes on that had trouble with the database."""
IDLE = 30.0
"""Seconds after which a thread without work ends, unless it is of the empty route."""


class Crew:
    """Begins with `begin`, or when it is woken; it ends behind `call`."""

    def __init__(
        self,
        route: str,
        claims: Claims,
        delivery: Delivery,
        keeper: Keeper,
        stopping: threading.Event,
    ) -> None:
        self._route = route
        self._delivery = delivery
        self._keeper = keeper
        self._stopping = stopping
        self._shift = Shift(route, claims, delivery, stopping, self._whose)
        self._lock = threading.Lock()
        self._called = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """RuntimeError when there can be no thread."""
        with self._lock:
            alive = self._thread is not None and self._thread.is_alive()
            if not (alive or self._stopping.is_set()):
                thread = threading.Thread(target=self._work, name="mailwright-outbox", daemon=True)
                thread.start()
                self._thread = thread

    def wake(self) -> None:
        """Look at once whether there is anything to do."""
        if self._whose() == "nobody":
            return
        self._shift.wake()
        self._called.set()
        with suppress(RuntimeError):
            self.begin()

    def call(self) -> threading.Thread | None:
        """For the end; the thread that may still run."""
        self._called.set()
        self._shift.ring()
        return self._thread

    def _whose(self) -> Whose:
        if self._delivery.way(self._route).local or not self._delivery.takes_all():
            return "own"
        return "all" if self._keeper.in_office else "nobody"

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._called.clear()
            if not go_on(self._shift.work, self._stopping) and self._is_over():
                return

    def _is_over(self) -> bool:
        """Sleep until there is a call; for a named route, not for ever."""
        if self._called.wait(IDLE if self._route else None):
            return False
        with self._lock:
            if not self._called.is_set():
                self._thread = None
            return self._thread is None


def go_on(step: Callable[[], object], stopping: threading.Event) -> object:
    """What goes wrong in a step is told, and its thread goes on after a pause."""
    try:
        return step()
    except MailError as error:
        logger.warning("delivery from the outbox pauses: %s", error)
    except BaseException:
        logger.exception("delivery from the outbox broke off; it goes on")
    stopping.wait(PAUSE)
    return True
