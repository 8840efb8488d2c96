"""Whose turn it is to write into an SQLite file: among threads, and among processes.

SQLite asks again after 1, 2, 5 and more milliseconds whether the others are done, which is several
of their transactions. Whoever asks sooner is not passed by a process that writes without a pause.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat

PAUSES = (*[0.0] * 10, *[0.0001] * 100, *[0.001] * 100)
"""Seconds between two questions, at first; from then on it is the longest."""
LONGEST = 0.005


class Turns:
    """Of the writers of one process, who wait for `busy` seconds, those of others included."""

    def __init__(self, busy: float, monotonic: Callable[[], float]) -> None:
        self._busy = busy
        self._monotonic = monotonic
        self.lock = threading.Lock()
        """Held by whoever writes."""

    @contextmanager
    def take(self) -> Iterator[float]:
        """Write within the block, no thread beside; until when to wait for other processes."""
        until = self._monotonic() + self._busy
        if not self.lock.acquire(timeout=self._busy):
            raise sqlite3.OperationalError("database is locked")
        try:
            yield until
        finally:
            self.lock.release()

    def ask(self, connection: sqlite3.Connection, statement: str, until: float) -> None:
        """Run it as soon as no other process is in the way."""
        for pause in chain(PAUSES, repeat(LONGEST)):
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or self._monotonic() >= until:
                    raise
            else:
                return
            threading.Event().wait(pause)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Also in one of its kinds, as while the file of a process that died is recovered."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
