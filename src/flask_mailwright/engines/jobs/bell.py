"""Tells a broker that there is mail, from a thread of its own: nobody waits for that."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ...process import at_exit, in_forked_child

logger = logging.getLogger("flask_mailwright")

PAUSE = 0.2
"""Seconds between two rings: all that comes meanwhile is told by one."""
AWAY = 5.0
"""Seconds between two tries while the broker is away."""
IDLE = 10.0
"""Seconds without work after which the thread ends."""
LAST = 5.0
"""Seconds for which a process that ends waits until the last ring was tried."""


class Bell:
    """What was put in before `ring` is told behind it, as soon as the broker takes it.

    A ring that a killed process had not told is no loss: workers look for themselves, if later.
    """

    def __init__(
        self,
        tell: Callable[[], object],
        leave: Callable[[], None] = lambda: None,
        *,
        away: float = AWAY,
        idle: float = IDLE,
    ) -> None:
        """`leave` parts from the broker."""
        self._tell = tell
        self._part = leave
        self._away = away
        self._idle = idle
        self._begin()
        in_forked_child(self._begin)
        at_exit(self.close)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._rung, self._tried = threading.Event(), threading.Event()
        self._tried.set()
        self._thread: threading.Thread | None = None
        self._is_away = False

    def ring(self) -> None:
        """Does not wait, and raises nothing."""
        if self._rung.is_set() and not self._tried.is_set() and self._thread is not None:
            return  # it will be told of all that was put in before that
        with self._lock:
            self._tried.clear()
            self._rung.set()
            if self._thread is None:
                self._thread = self._started()

    def close(self) -> None:
        """The last ring is tried, if that takes no longer than LAST; nobody tries it again."""
        if self._thread is None and self._rung.is_set():
            self._told()
        self._tried.wait(LAST)
        self._rung.clear()
        self._part()

    def _started(self) -> threading.Thread | None:
        thread = threading.Thread(target=self._work, name="mailwright-bell", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # an interpreter that ends makes none
            return None
        return thread

    def _work(self) -> None:
        while not self._is_over():
            told = self._told()
            threading.Event().wait(PAUSE if told else self._away)

    def _is_over(self) -> bool:
        if self._rung.wait(self._idle):
            return False
        with self._lock:
            if not self._rung.is_set():
                self._thread = None
            return self._thread is None

    def _told(self) -> bool:
        """Whether it was; what is rung meanwhile is told by the next."""
        self._rung.clear()
        error = self._failure()
        with self._lock:
            if not self._rung.is_set():
                self._tried.set()
            if error is not None:
                self._rung.set()
        if error is not None and not self._is_away:
            logger.warning("no worker is told of new mail, it waits in the outbox: %s", error)
        self._is_away = error is not None
        return error is None

    def _failure(self) -> Exception | None:
        try:
            self._tell()
        except Exception as error:  # noqa: BLE001 - a broker of one's own may raise anything
            return error
        return None
