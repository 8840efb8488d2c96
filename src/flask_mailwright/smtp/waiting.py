"""What takes time, as a generator: it asks for what it waits for, and any loop may attend to it.

So the same code serves one mail in a thread that waits, and many connections in one thread.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")


class Block(NamedTuple):
    """Go on when the socket can be read, or written, or throw TimeoutError after `seconds`."""

    sock: socket.socket
    writing: bool
    seconds: float


class Call(NamedTuple):
    """Go on with what `make` returns, or throw what it raises; it may take its time.

    `undo` is given what was made, when nobody waits for it any longer.
    """

    make: Callable[[], Any]
    undo: Callable[[Any], object] = lambda made: None


class Join(NamedTuple):
    """Go on with what `work` found, once it is done together with what others asked for.

    What work is knows whoever does it.
    """

    work: Any


class Raised(NamedTuple):
    """In the place of what was found: it is thrown."""

    error: Exception


Asked: TypeAlias = Block | Call | Join
Waiting: TypeAlias = Generator[Asked, Any, T]


def run(waiting: Waiting[T]) -> T:
    """To its end, in this thread: its sockets block."""
    try:
        asked = next(waiting)
        while True:
            assert isinstance(asked, Call)
            try:
                made = asked.make()
            except BaseException as error:  # noqa: BLE001 - it goes where it was asked for
                asked = waiting.throw(error)
            else:
                asked = waiting.send(made)
    except StopIteration as end:
        result: T = end.value
        return result
