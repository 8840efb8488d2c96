"""What an object does when its process forks or ends or time goes by, unless it is gone by then."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable


def in_forked_child(method: Callable[[], None]) -> None:
    """Call a bound method in every child that is forked from here on."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_weak(method))


def at_exit(method: Callable[[], None]) -> None:
    """Call a bound method when the interpreter ends gracefully."""
    atexit.register(_weak(method))


class Alarm:
    """Calls a bound method once, so many seconds after it was set, in a thread of its own."""

    def __init__(self, method: Callable[[], None]) -> None:
        self._call = _weak(method)
        self._timer: threading.Timer | None = None

    def set(self, seconds: float) -> None:
        """Set it anew; whoever sets it sees to it that no two threads do."""
        self.cancel()
        self._timer = threading.Timer(seconds, self._call)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """It will not ring, unless it does at this moment."""
        if self._timer is not None:
            self._timer.cancel()


def _weak(method: Callable[[], None]) -> Callable[[], None]:
    reference = weakref.WeakMethod(method)

    def call() -> None:
        if alive := reference():
            alive()

    return call
