"""Who looks over our shoulder: `record_messages`, apart for every context, thread and app."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .message import Message

Outbox = list[Message]


class Recorders:
    """The open recorders of one app.

    A message is shown to the recorders of the context that sends it; a thread that has none of
    its own is seen by all that are open.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: tuple[Outbox, ...] = ()
        self._own: ContextVar[tuple[Outbox, ...]] = ContextVar("recorders", default=())

    @contextmanager
    def record(self) -> Iterator[Outbox]:
        """A list that fills with copies as long as the block lasts."""
        outbox: Outbox = []
        with self._lock:
            self._open = (*self._open, outbox)
        self._own.set((*self._own.get(), outbox))
        try:
            yield outbox
        finally:
            with self._lock:
                self._open = _without(outbox, self._open)
            self._own.set(_without(outbox, self._own.get()))

    def show(self, message: Message) -> None:
        """Give each recorder that should see it a copy of its own."""
        everybody = self._open
        if not everybody:
            return
        own = [outbox for outbox in self._own.get() if _is_in(outbox, everybody)]
        for outbox in own or everybody:
            outbox.append(message.copy())


def _without(outbox: Outbox, outboxes: tuple[Outbox, ...]) -> tuple[Outbox, ...]:
    """By identity: two empty lists are equal."""
    return tuple(other for other in outboxes if other is not outbox)


def _is_in(outbox: Outbox, outboxes: tuple[Outbox, ...]) -> bool:
    return any(other is outbox for other in outboxes)
