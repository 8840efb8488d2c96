"""What an object does when its process forks or ends, unless it is gone by then."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Callable


def in_forked_child(method: Callable[[], None]) -> None:
    """Call a bound method in every child that is forked from here on."""
    os.register_at_fork(after_in_child=_weak(method))


def at_exit(method: Callable[[], None]) -> None:
    """Call a bound method when the interpreter ends gracefully."""
    atexit.register(_weak(method))


def _weak(method: Callable[[], None]) -> Callable[[], None]:
    reference = weakref.WeakMethod(method)

    def call() -> None:
        if alive := reference():
            alive()

    return call
