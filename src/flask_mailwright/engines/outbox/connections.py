"""Connections of SQLAlchemy's pool, of which the one that was used last stays at hand.

To take one from the pool and give it back is a third of what one statement costs in Python.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

FRESH = 1.0
"""Seconds behind its last use for which a connection is asked nothing before it is used again."""
LONGEST = 60.0
"""Seconds for which one is at hand before the pool says again what it is to be used for."""
_USED = "mailwright_used"


class Connections:
    """Psycopg's, by SQLAlchemy's `engine`; any thread may take one.

    `keeps`: one may stay at hand. An app's own pool may do something each time it gives one.
    """

    def __init__(self, engine: Any, monotonic: Callable[[], float], *, keeps: bool) -> None:
        self._engine = engine
        self._monotonic = monotonic
        self._keeps = keeps
        self._at_hand: list[_Taken] = []

    @contextmanager
    def one(self) -> Iterator[Any]:
        """It commits by itself. Not used again behind trouble: something may be under way still."""
        taken = self._taken()
        try:
            yield taken.driven
        except BaseException:
            taken.pooled.invalidate()
            raise
        self._give_back(taken)

    def close(self) -> None:
        """Close those that nobody uses."""
        with suppress(IndexError):
            while True:
                self._to_pool(self._at_hand.pop())
        self._engine.dispose()

    def _taken(self) -> _Taken:
        """One that died meanwhile is replaced, before anything depends on it."""
        try:
            taken = self._at_hand.pop()
        except IndexError:
            return self._of_pool()
        now = self._monotonic()
        if now - taken.since < LONGEST and _is_fresh(taken.driven, now - taken.used):
            return taken
        self._to_pool(taken)
        return self._of_pool()

    def _of_pool(self) -> _Taken:
        while True:
            pooled = self._engine.raw_connection()
            driven, now = pooled.driver_connection, self._monotonic()
            used = pooled.info.get(_USED, now)
            if _is_fresh(driven, now - used) or self._answers(driven):
                return _Taken(pooled, _autocommitting(driven), now)
            pooled.invalidate()

    def _give_back(self, taken: _Taken) -> None:
        taken.used = self._monotonic()
        if self._keeps and not self._at_hand and self._is_pool_rich():
            self._at_hand.append(taken)
        else:
            self._to_pool(taken)

    def _is_pool_rich(self) -> bool:
        """Else somebody may wait there for the one in hand."""
        pool = self._engine.pool
        return bool(pool.checkedout() < pool.size())

    def _to_pool(self, taken: _Taken) -> None:
        taken.pooled.info[_USED] = taken.used
        taken.pooled.close()

    def _answers(self, driven: Any) -> bool:
        try:
            self._engine.dialect.do_ping(driven)
        except self._engine.dialect.dbapi.Error:
            return False
        return True


class _Taken:
    """`pooled` as SQLAlchemy knows it, `driven` as psycopg does; seconds of a clock."""

    def __init__(self, pooled: Any, driven: Any, since: float) -> None:
        self.pooled = pooled
        self.driven = driven
        self.since = self.used = since


def _autocommitting(driven: Any) -> Any:
    """A BEGIN is ours, and is not waited for."""
    if not driven.autocommit:
        driven.commit()  # what the app told it when the pool gave it out
        driven.autocommit = True
    return driven


def _is_fresh(driven: Any, seconds: float) -> bool:
    return seconds < FRESH and not driven.closed and not _has_spoken(driven.fileno())


def _has_spoken(number: int) -> bool:
    """A server that has something to say to nobody who asked says good-bye, as a rule."""
    if not hasattr(select, "poll"):
        return True
    asked = select.poll()
    asked.register(number, select.POLLIN)
    return bool(asked.poll(0))
