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

_WORLD = World()
T = TypeVar("T")


class _Waiting(Generic[T]):
    def __init__(self, items: Sequence[T]) -> None:
        self.items = items
        self.done = False
        self.error: Exception | None = None


class GroupCommit(Generic[T]):
    """Whoever gets the lock is the leader and commits what all others have appended.

    When a commit has been tried for `patience` seconds in vain, that is told to those too who came
    meanwhile: they do not begin to wait anew.
    """

    def __init__(
        self,
        commit: Callable[[list[T]], None],
        most: int = 500,
        patience: float = inf,
        monotonic: Callable[[], float] = _WORLD.monotonic,
    ) -> None:
        self._commit = commit
        self._most = most
        self._patience = patience
        self._monotonic = monotonic
        self._begin()
        in_forked_child(self._begin)

    def _begin(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._led = False
        self._waiting: list[_Waiting[T]] = []

    def add(self, items: Sequence[T]) -> None:
        """Returns when they are committed, or raises what the commit raised."""
        mine = _Waiting(items)
        with self._changed:
            self._waiting.append(mine)
        while self._is_to_lead(mine):
            self._lead(mine)
        if mine.error is not None:
            raise mine.error

    def _is_to_lead(self, mine: _Waiting[T]) -> bool:
        """Or somebody else has done it: who is done waits for no later leader."""
        with self._changed:
            self._changed.wait_for(lambda: mine.done or not self._led)
            self._led = self._led or not mine.done
            return not mine.done

    def _lead(self, leader: _Waiting[T]) -> None:
        group = self._next_group()
        try:
            self._commit_all(group)
        finally:
            with self._changed:  # when the leader is interrupted another takes the others on
                left = [each for each in group if not each.done and each is not leader]
                self._waiting[:0] = left
                self._led = False
                self._changed.notify_all()

    def _commit_all(self, group: list[_Waiting[T]]) -> None:
        """Trouble of the store is everybody's, any other is told to whom it belongs."""
        began = self._monotonic()
        try:
            self._commit([item for waiting in group for item in waiting.items])
        except MailError as error:
            in_vain = self._monotonic() - began >= self._patience
            for waiting in [*group, *(self._next_group() if in_vain else ())]:
                waiting.done, waiting.error = True, copy(error)
        except Exception as error:  # noqa: BLE001 - whose it is raises it
            if len(group) > 1:
                for waiting in group:
                    self._commit_all([waiting])
            else:
                group[0].done, group[0].error = True, error
        else:
            for waiting in group:
                waiting.done = True

    def _next_group(self) -> list[_Waiting[T]]:
        with self._changed:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        return group
