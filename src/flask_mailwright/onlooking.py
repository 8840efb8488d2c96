"""Mailboxes of tests: each sees the mail of its own test, whichever app and thread sends it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol
from weakref import WeakSet

from flask import Flask

from .engines import Order, Ticket
from .envelope import SealedMail


class Held(Protocol):
    """A mail that an engine would have by now, and that has not gone anywhere yet."""

    ticket: Ticket
    order: Order
    mail: SealedMail

    def deliver(self) -> None:
        """It goes where mail goes in tests."""

    def repeat(self, first: Ticket) -> None:
        """It goes nowhere, for that one has its key."""


class Onlooker(Protocol):
    """What a test has open."""

    app: Flask | None
    """The one whose mail it sees; None for any."""

    def show(self, mail: SealedMail) -> None:
        """It was sent."""

    def take(self, held: Held) -> None:
        """Deliver it now or later."""


class _Watch:
    """An onlooker, and the threads that were there before it: their mail is somebody else's."""

    def __init__(self, onlooker: Onlooker) -> None:
        self.onlooker = onlooker
        self._others = WeakSet(threading.enumerate())
        self._others.discard(threading.current_thread())

    def sees(self, app: Flask) -> bool:
        return self.onlooker.app in (None, app)

    @property
    def is_thread_its_own(self) -> bool:
        return threading.current_thread() not in self._others


_LOCK = threading.Lock()
_open: list[_Watch] = []
_OWN: ContextVar[tuple[_Watch, ...]] = ContextVar("onlookers", default=())


@contextmanager
def looking(onlooker: Onlooker) -> Iterator[None]:
    """Within the block it sees what this context sends, and threads that begin within."""
    watch = _Watch(onlooker)
    with _LOCK:
        _open.append(watch)
    _OWN.set((*_OWN.get(), watch))
    try:
        yield
    finally:
        with _LOCK:
            _open.remove(watch)
        _OWN.set(tuple(other for other in _OWN.get() if other is not watch))


def onlookers(app: Flask) -> list[Onlooker]:
    """Who sees what the app sends at this moment; those of the context, else of the thread."""
    if not _open:
        return []
    known = _OWN.get()
    own = [watch for watch in known if watch in _open]
    if known and not own:  # a task that has outlived its test
        return []
    watches = own or [watch for watch in list(_open) if watch.is_thread_its_own]
    return [watch.onlooker for watch in watches if watch.sees(app)]


def is_watched(app: Flask) -> bool:
    """Whether anybody looks at the app's mail, be it not this thread's: then none may leave."""
    return any(watch.sees(app) for watch in list(_open))
