"""Queued mail of a test: it goes at once, or waits for its time or for the test's word."""

from __future__ import annotations

import threading
import time

from ..engines import Ticket
from ..onlooking import Held


class Waiting:
    """What is taken goes as soon as it is due by its own clock, unless `holds` is set."""

    def __init__(self) -> None:
        self.holds = False
        self._ahead = 0.0
        """Seconds by which its clock is before the world's."""
        self._held: list[Held] = []
        self._keys: dict[tuple[str, str], Ticket] = {}
        self._lock = threading.Lock()

    @property
    def held(self) -> list[Held]:
        """Those that wait."""
        return [each for each in self._held if each.ticket.status() == "queued"]

    def take(self, held: Held) -> None:
        """A second one of the same key is the first."""
        first = self._first_of_key(held)
        if first is not held.ticket:
            held.repeat(first)
            return
        self._held.append(held)
        self._go_on()

    def move(self, seconds: float) -> None:
        """Put the clock on."""
        self._ahead += seconds
        self._go_on()

    def deliver(self) -> int:
        """All that is due; how many these were."""
        count = 0
        while (held := self._next_due()) is not None:
            count += 1
            if self._has_passed(held.order.expires):
                held.ticket.cancel()
            else:
                held.deliver()
        return count

    def _go_on(self) -> None:
        if not self.holds:
            self.deliver()

    def _first_of_key(self, held: Held) -> Ticket:
        if held.order.key is None:
            return held.ticket
        with self._lock:
            return self._keys.setdefault((held.mail.app, held.order.key), held.ticket)

    def _next_due(self) -> Held | None:
        """Out of the list at once: a receiver or another thread may be here too."""
        with self._lock:
            due = next((each for each in self._held if self._is_due(each)), None)
            if due is not None:
                self._held.remove(due)
            return due

    def _is_due(self, held: Held) -> bool:
        return held.order.at is None or self._has_passed(held.order.at)

    def _has_passed(self, moment: float | None) -> bool:
        return moment is not None and moment <= time.time() + self._ahead
