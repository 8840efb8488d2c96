"""Who looks over our shoulder: `record_messages`, apart for every context, thread and app."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .message import Message


class Recorders:
    """The open recorders of one app.

    A message is shown to the recorders of the context that sends it; a thread that has none of
    its own is seen by all that are open.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[list[Message]] = []
        self._own: ContextVar[tuple[list[Message], ...]] = ContextVar("recorders", default=())

    @contextmanager
    def record(self) -> Iterator[list[Message]]:
        """A list that fills with copies as long as the block lasts."""
        outbox: list[Message] = []
        with self._lock:
            self._open.append(outbox)
        token = self._own.set((*self._own.get(), outbox))
        try:
            yield outbox
        finally:
            self._own.reset(token)
            with self._lock:
                self._open = [other for other in self._open if other is not outbox]

    def show(self, message: Message) -> None:
        """Give each recorder that should see it a copy of its own."""
        with self._lock:
            for outbox in self._own.get() or self._open:
                outbox.append(message.copy())
