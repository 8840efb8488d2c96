"""Tells a broker that there is mail, from a thread of its own: nobody waits for that."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ...process import at_exit, in_forked_child

logger = logging.getLogger("flask_mailwright")

PAUSE = 0.05
"""Seconds between two rings: all that comes meanwhile is told by one."""
AWAY = 5.0
"""Seconds between two tries while the broker is away."""
IDLE = 10.0
"""Seconds without work after which the thread ends."""


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
        at_exit(self._leave)

    def _begin(self) -> None:
        self._lock, self._telling = threading.Lock(), threading.Lock()
        self._rung = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Does not wait, and raises nothing."""
        self._rung.set()
        with self._lock:
            if self._thread is None and not self._ending.is_set():
                thread = threading.Thread(target=self._work, name="mailwright-bell", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # an interpreter that ends makes none
                    return
                self._thread = thread

    def _work(self) -> None:
        while not self._is_over():
            with self._telling:
                told = self._told()
            self._ending.wait(PAUSE if told else self._away)

    def _is_over(self) -> bool:
        if self._rung.wait(self._idle) and not self._ending.is_set():
            return False
        with self._lock:
            over = not self._rung.is_set() or self._ending.is_set()
            if over:
                self._thread = None
            return over

    def _told(self) -> bool:
        self._rung.clear()
        try:
            self._tell()
        except Exception as error:  # noqa: BLE001 - a broker of one's own may raise anything
            logger.warning("no worker is told of new mail: %s; it is in the outbox", error)
            self._rung.set()
            return False
        return True

    def close(self) -> None:
        """What is not told yet is told now, once, and what is being told has the time for it."""
        with self._telling:
            if self._rung.is_set():
                self._told()
            self._rung.clear()
            self._part()

    def _leave(self) -> None:
        self._ending.set()
        self.close()
