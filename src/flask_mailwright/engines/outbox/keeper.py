"""What one process owes the outbox beside delivering, each duty in its own rhythm.

It renews what the process holds, takes back what dead processes held, looks for mail that others
put in or that has become due, and forgets what is old.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import inf

from ...errors import MailError
from .. import Delivery
from .office import leave_office, take_office
from .recovery import recover
from .retention import KEEP, prune
from .store import Store

logger = logging.getLogger("flask_mailwright")

LOOK = 0.05
"""Seconds between two looks whether another process has put something in."""
POLL = 1.0
"""Seconds between two looks for mail that has become due."""
PRUNE = 3600.0
JUMP = 5.0
"""Seconds by which a clock that was put forward or back is seen to be."""


class Keeper:
    """`round` does what is due; `wake` is called when there may be mail to deliver.

    `sole`: of all such processes one alone is in office, and the others stand by. One that must not
    take what others have submitted does not stand for it.
    """

    def __init__(
        self, store: Store, delivery: Delivery, wake: Callable[[], None], *, sole: bool
    ) -> None:
        self._store = store
        self._now = delivery.world.now
        self._monotonic = delivery.world.monotonic
        self._timing = delivery.timing
        self._keep_contents = delivery.outbox.keep
        self._takes_all = delivery.takes_all
        self._wake = wake
        self._sole = sole
        self.in_office = not sole
        self._retired = False
        self._seen: object = None
        self._offset = self._now() - self._monotonic()
        self._patient_until = -inf
        self._duties: list[tuple[float, Callable[[], None]]] = [
            (self._timing.renew, self._renew),
            (self._timing.office / 3, self._take_office),
            (LOOK, self._look),
            (POLL, self._poll),
            (self._timing.lease / 3, self._recover),
            (PRUNE, self._prune),
        ]
        self._due = [-inf] * len(self._duties)

    def round(self) -> None:
        """Each duty whose time has come; one that fails keeps none from being done."""
        self._watch_clock()
        for number, (period, duty) in enumerate(self._duties):
            if self._due[number] <= self._monotonic():
                try:
                    duty()
                except MailError as error:
                    period = POLL
                    logger.warning("the outbox: %s", error)
                self._due[number] = self._monotonic() + period

    def retire(self) -> None:
        """Another process may deliver, while ours ends what it has in hand."""
        self._retired = True
        self.leave()

    def leave(self) -> None:
        """Another process may deliver."""
        if self._sole and self.in_office:
            self.in_office = False
            leave_office(self._store)

    def _watch_clock(self) -> float:
        """The time. When it jumps, leases of others look odd until they have seen it too."""
        now = self._now()
        offset = now - self._monotonic()
        jumped, self._offset = offset - self._offset, offset
        if abs(jumped) > JUMP:
            logger.warning("the clock was changed by %.0f s", jumped)
            self._patient_until = self._monotonic() + self._timing.lease
            self._due = [-inf] * len(self._duties)
        return now

    def _look(self) -> None:
        news = self._store.database.news()
        if news != self._seen:
            self._seen = news
            self._wake()
        if self.in_office:
            self._store.database.carry_over()

    def _poll(self) -> None:
        self._wake()

    def _take_office(self) -> None:
        now = self._watch_clock()
        if not self._takes_all():
            self.leave()
        elif self._sole and not self._retired and self._monotonic() >= self._patient_until:
            was = self.in_office
            self.in_office = take_office(self._store, now, self._timing.office)
            if self.in_office and not was:
                self._wake()

    def _renew(self) -> None:
        self._store.claims.renew(self._now())

    def _recover(self) -> None:
        now = self._watch_clock()
        if self.in_office and self._monotonic() >= self._patient_until:
            crashed = recover(self._store, now)
            if crashed:
                logger.warning("%d mails were in the hands of a process that ended", crashed)

    def _prune(self) -> None:
        if self.in_office:
            now = self._now()
            contents_before = now - self._keep_contents
            prune(self._store, contents_before=contents_before, mails_before=now - KEEP)
