"""Things that wait in line: each can be looked at before it is taken, and a failure comes last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Line(Generic[T]):
    """Of an iterable; what that raises waits until all before it are taken.

    >>> line = Line("ab")
    >>> line.peek(), line.peek(), line.take(), line.take(), line.take()
    ('a', 'a', 'a', 'b', None)
    """

    def __init__(self, things: Iterable[T]) -> None:
        self._things = iter(things)
        self._next: T | None = None
        self._error: Exception | None = None
        self._ended = False

    def peek(self) -> T | None:
        """The next one; None behind the last."""
        if self._next is None and not self._ended:
            try:
                self._next = next(self._things)
            except StopIteration:
                self._ended = True
            except Exception as error:  # noqa: BLE001 - it is raised by `take`
                self._ended, self._error = True, error
        return self._next

    def take(self) -> T | None:
        """The next one, which is in hand now; behind the last what the iterable raised."""
        thing, self._next = self.peek(), None
        if thing is None and self._error is not None:
            raise self._error
        return thing
