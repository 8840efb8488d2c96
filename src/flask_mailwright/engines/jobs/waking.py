"""A job that says there is mail makes the process that does it deliver from the outbox."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from ...errors import MailError
from ...process import in_forked_child
from .. import Delivery
from ..outbox.engine import OutboxEngine
from .parcel import Parcel

logger = logging.getLogger("flask_mailwright")

LINGER = 1.0
"""Seconds for which a job that has found no more mail waits for some."""

AGAIN = 2.0
"""Seconds between two tries to begin while the outbox does not answer."""


class Waking:
    """Delivers beside all others who do; `ring` makes some process do so."""

    def __init__(
        self, outbox: OutboxEngine, delivery: Delivery, ring: Callable[[], object]
    ) -> None:
        self._outbox = outbox
        self._delivery = delivery
        self._ring = ring
        self._begin_anew()
        in_forked_child(self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._works = False
        self._ended = threading.Event()

    def begin(self) -> None:
        """This process is there for mail: deliver without being told, once the outbox answers."""
        self._ended.clear()
        threading.Thread(target=self._begin, name="mailwright-begin", daemon=True).start()

    def sweep(self) -> None:
        """Some process is to look, whatever the broker may have lost."""
        self._ring()

    def wake(self) -> None:
        """There is mail: deliver, and look for more, until `end`."""
        with self._lock:
            if self._works:
                self._outbox.look()
                return
            self._outbox.begin_work()
            self._works = True

    def _begin(self) -> None:
        told = False
        while not self._ended.is_set():
            try:
                return self.wake()
            except MailError as error:
                if not told:
                    logger.warning("a worker does not deliver yet, and tries again: %s", error)
                told = True
            self._ended.wait(AGAIN)
        return None

    def work(self, seconds: float) -> bool:
        """Deliver until there is nothing due, at most for so long; whether there is nothing."""
        monotonic = self._delivery.world.monotonic
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            if not self._outbox.flush(left):
                return False
            threading.Event().wait(min(LINGER, left))
            if not self._outbox.has_work:
                return True
        return False

    @property
    def pause(self) -> float | None:
        """Seconds until a mail is due, None when none waits."""
        return self._outbox.pause

    def take(self, parcel: str, *, again: bool = False) -> None:
        """From before there was an outbox for all: it goes there."""
        found = Parcel.read(parcel)
        self._outbox.submit(found.mail, replace(found.order, at=found.due))

    def end(self) -> None:
        """It does no more jobs: what is in hand is ended, and what was claimed goes back."""
        self._ended.set()
        with self._lock:
            works, self._works = self._works, False
        if works and not self._outbox.end_work(self._delivery.hang_up):
            logger.error("a worker has ended with a mail in hand; it is in doubt")
