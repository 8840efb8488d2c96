"""Many threads submit, one of them commits for all who wait meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from copy import copy
from math import inf
from typing import Generic, TypeVar

from ...errors import MailError
from ...process import in_forked_child
from ...world import World

PATIENCE = 0.9
"""Of `busy`: a commit that took so long in vain has waited for the database all that time."""
LONGEST = 0.05
"""Seconds for which others are waited for at most: a commit may have waited for the store."""
_WORLD = World()
T = TypeVar("T")


class _Waiting(Generic[T]):
    """`turn` is released when the items are committed, or when their owner shall commit."""

    def __init__(self, items: Sequence[T]) -> None:
        self.items = items
        self.turn = threading.Lock()
        self.turn.acquire()
        self.leads = self.done = False
        self.error: Exception | None = None


class GroupCommit(Generic[T]):
    """Who comes first is the leader and commits what all others have appended.

    Then the first of those who came meanwhile is. Nobody else wakes up before his items are
    committed, and those whose items are keep nobody waiting. When a commit has been tried for
    `patience` seconds in vain, that is told to those too who came meanwhile: they do not begin to
    wait anew.

    Who has just been committed with others comes again with them: a leader waits for as many as
    were last committed together, no longer than their commit took or `longest`. Who comes more
    than `longest` behind them waits for nobody.
    """

    def __init__(
        self,
        commit: Callable[[list[T]], None],
        most: int = 500,
        patience: float = inf,
        monotonic: Callable[[], float] = _WORLD.monotonic,
        longest: float = LONGEST,
    ) -> None:
        self._commit = commit
        self._most = most
        self._patience = patience
        self._monotonic = monotonic
        self._longest = longest
        self._begin()
        in_forked_child(self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._led = False
        self._waiting: list[_Waiting[T]] = []
        self._company, self._took, self._ended = 1, 0.0, -inf
        self._gathers: _Waiting[T] | None = None

    def add(self, items: Sequence[T]) -> None:
        """Returns when they are committed, or raises what the commit raised."""
        mine = _Waiting(items)
        try:
            with self._lock:
                self._waiting.append(mine)
                mine.leads, self._led = not self._led, True
                self._end_gathering()
            if not mine.leads:
                mine.turn.acquire()
            while not mine.done:
                self._lead(mine)
        finally:
            self._hand_over(mine)
        if mine.error is not None:
            raise mine.error

    def _hand_over(self, leader: _Waiting[T]) -> None:
        """To the first who waits, also when the leader was interrupted; others have no lead."""
        with self._lock:
            if leader in self._waiting:
                self._waiting.remove(leader)
            if not leader.leads:
                return
            leader.leads, self._led = False, bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].turn.release()

    def _lead(self, leader: _Waiting[T]) -> None:
        self._gather(leader)
        group = self._next_group()
        try:
            self._commit_all(group)
        except BaseException:  # the leader is interrupted: another takes the others on
            with self._lock:
                left = [each for each in group if not each.done and each is not leader]
                self._waiting[:0] = left
            raise
        finally:
            for each in group:
                if each.done and each is not leader:
                    each.turn.release()

    def _gather(self, leader: _Waiting[T]) -> None:
        with self._lock:
            if len(self._waiting) >= self._company or not self._was_just_now():
                return
            self._gathers = leader
        if not leader.turn.acquire(timeout=self._took):
            with self._lock:
                self._gathers = None

    def _was_just_now(self) -> bool:
        return self._monotonic() - self._ended <= self._longest

    def _end_gathering(self) -> None:
        if self._gathers is not None and len(self._waiting) >= self._company:
            leader, self._gathers = self._gathers, None
            leader.turn.release()

    def _commit_all(self, group: list[_Waiting[T]]) -> None:
        """Trouble of the store is everybody's, any other is told to whom it belongs."""
        began = self._monotonic()
        try:
            self._commit([item for waiting in group for item in waiting.items])
        except MailError as error:
            if self._monotonic() - began >= self._patience:
                group += self._next_group()
            for waiting in group:
                waiting.done, waiting.error = True, copy(error)
        except Exception as error:  # noqa: BLE001 - whose it is raises it
            if len(group) > 1:
                for waiting in group:
                    self._commit_all([waiting])
            else:
                group[0].done, group[0].error = True, error
        else:
            self._ended = self._monotonic()
            self._company, self._took = len(group), min(self._ended - began, self._longest)
            for waiting in group:
                waiting.done = True

    def _next_group(self) -> list[_Waiting[T]]:
        with self._lock:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        return group
