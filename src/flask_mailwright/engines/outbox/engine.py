"""The engine: a mail is stored before `submit` returns, and delivered by threads of some process.

One process of all that use the outbox delivers, the others put in. What a process that dies leaves
behind the next one delivers.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from ...envelope import SealedMail
from ...errors import MailError
from ...process import at_exit
from ...smtp.rate import Slots, Wanted
from .. import Delivery
from ..order import Order
from ..ticket import Ticket
from .cancel import cancel
from .choice import database_of, own_file, place
from .database import Database
from .dialect import SQLITE
from .joined import Joined, Transaction
from .kept import Kept
from .patience import wait_for
from .presence import Presence
from .rates import reserve
from .rows import Stored
from .standing import find
from .store import Store
from .waiting import count_own, deliverable, next_due

logger = logging.getLogger("flask_mailwright")

AT_EXIT = 10.0
"""Seconds for which a process that ends delivers what it has submitted itself."""
_KEYS = uuid.UUID("6f1d8a34-8b8e-5f0f-9d6a-3f0a5f1f6f51")
"""The name space of the ids that are made of keys."""


class Others(Protocol):
    """Those who deliver, but not in this process."""

    def ring(self) -> None:
        """A mail may go; nobody waits for them to hear it."""

    def close(self) -> None:
        """None will come any more."""


class _Nobody:
    def ring(self) -> None:
        """Looking is left to them."""

    def close(self) -> None:
        """There is nothing to end."""


class OutboxEngine:
    """Begins to deliver with the first mail, or with `begin`, in the process that calls it."""

    plans = True
    """It knows `at`, `expires` and `key`."""

    def __init__(
        self,
        delivery: Delivery,
        open_database: Callable[[Delivery], Database] = database_of,
        *,
        at_exit_seconds: float = AT_EXIT,
        others: Others = _Nobody(),  # noqa: B008 - it has no state
    ) -> None:
        self._delivery = delivery
        self._here = Presence(delivery, open_database)
        self._at_exit = at_exit_seconds
        self._others = others
        at_exit(self._leave)

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """When it returns the mail is stored; a MailError of stage `store` when that cannot be."""
        return self.submit_many([(mail, order)])[0]

    def submit_many(self, mails: Sequence[tuple[SealedMail, Order]]) -> list[Ticket]:
        """The same for several: all of them are stored, or none.

        In the app's own transaction, when that has work to commit.
        """
        store, now = self.begin(), self._now()
        stored = [Stored(_identified(*each), each[1], now, store.owner) for each in mails]
        wake = partial(self._wake, _routes_of_due(stored, now))
        transaction = self._transaction
        if transaction is None:
            store.intake.put(stored)
            wake()
            return [Ticket(each.mail.id, now, Kept(self, each.mail.id)) for each in stored]
        transaction.put(store, stored, wake)
        return [
            Ticket(each.mail.id, now, Joined(self, each.mail.id, transaction)) for each in stored
        ]

    def watch(self, mail: SealedMail, told: Callable[[str], None]) -> bool:
        """Tell how the transaction ends that a mail is in which goes nowhere; False without one."""
        if (transaction := self._transaction) is None:
            return False
        transaction.watch(mail, told)
        return True

    def ticket(self, id: str) -> Ticket | None:  # noqa: A002
        """Any mail of this app that is in the outbox, whoever submitted it."""
        standing = find(self.store, id)
        return Ticket(id, standing.created, Kept(self, id)) if standing else None

    def cancel(self, id: str) -> bool:  # noqa: A002
        """Stop a mail, in the app's own transaction when that has work to commit."""
        transaction = self._transaction
        if transaction is None:
            return cancel(self.store, id, self._now())
        return transaction.cancel(self.store, id, self._now())

    def wait_for(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Look again and again; False when `timeout` seconds were too few."""
        busy, monotonic = self._delivery.timing.busy, self._delivery.world.monotonic
        return wait_for(done, timeout, busy=busy, monotonic=monotonic)

    def flush(self, timeout: float | None = None) -> bool:
        """Deliver until nothing is due or in hand; False when `timeout` seconds were too few."""
        self.begin()
        done = lambda: not self.has_work  # noqa: E731
        if self._here.delivers:
            return self.wait_for(done, timeout)
        return self._here.deliver_during(lambda: self.wait_for(done, timeout), timeout)

    def close(self) -> None:
        """Wait for what this process has submitted, and end; a later mail begins anew."""
        try:
            if self._here.delivers:
                self.wait_for(lambda: not self._own(), None)
        finally:
            self._here.end()
            self._others.close()

    @property
    def may_hold_mail(self) -> bool:
        """Whether anything may wait there: a file that nobody has made yet is empty."""
        file = own_file(self._delivery.outbox)
        return file is None or file.exists()

    @property
    def in_use(self) -> bool:
        """Whether it was opened."""
        return self._here.is_open

    @property
    def store(self) -> Store:
        """The outbox as this process sees it."""
        return self._here.store

    @property
    def place(self) -> str:
        """Where the outbox is; neither user nor password are told."""
        return place(self._delivery.outbox)

    def make_tables(self) -> bool:
        """Make them; False when they are there."""
        return self._here.make_tables()

    def share_rate(self, wanted: Wanted) -> Slots | None:
        """Slots that a relay has for mails of all processes that use the outbox.

        None where this thread has an open transaction of the app that keeps all others from
        writing into the file.
        """
        store = self.store
        if store.database.dialect is SQLITE and self._transaction is not None:
            return None
        return reserve(store, wanted, self._now)

    def begin(self) -> Store:
        """Deliver what is in the outbox, if no other process does and ours may, and what comes."""
        return self._here.begin()

    def begin_work(self) -> Store:
        """Deliver beside all others who do, whatever MAIL_WORKER says, until `end_work`."""
        return self._here.begin_work()

    def end_work(self, hang_up: Callable[[], None]) -> bool:
        """Whether every mail in hand was ended: after the grace by `hang_up`, which breaks it off.

        Nothing is claimed any more, and what was claimed and not begun goes back at once.
        """
        return self._here.end_work(hang_up)

    def look(self) -> None:
        """At once, for what others have put in."""
        self._here.look()

    @property
    def has_work(self) -> bool:
        """Whether anything is due or in hand."""
        return deliverable(self.store, self._delivery) > 0

    @property
    def pause(self) -> float | None:
        """Seconds until a mail may go, below 0 when it may now; None when none waits."""
        due = next_due(self.store)
        return None if due is None else due - self._now()

    def _wake(self, routes: set[str]) -> None:
        self._here.wake(routes)
        if routes:
            self._others.ring()

    def _now(self) -> float:
        return self._delivery.world.now()

    @property
    def _transaction(self) -> Transaction | None:
        return Transaction.of(self._delivery.outbox.shared)

    def _own(self) -> int:
        return count_own(self.store, self._now())

    def _leave(self) -> None:
        """At exit: not for long, for nothing is lost."""
        if not self._here.is_open:
            return
        try:
            if self._here.delivers:
                self.wait_for(lambda: not self._own(), self._at_exit)
                if left := self._own():
                    logger.warning("%d mails stay in the outbox for the next process", left)
            self._here.end()
        except MailError as error:
            logger.warning("the outbox at exit: %s", error)


def _identified(mail: SealedMail, order: Order) -> SealedMail:
    """The same key is the same row."""
    if order.key is None:
        return mail
    return mail._replace(id=uuid.uuid5(_KEYS, f"{mail.app}\n{order.key}").hex)


def _routes_of_due(mails: Sequence[Stored], now: float) -> set[str]:
    """Of those that may go at once: for the others no lane need wake."""
    return {each.mail.route for each in mails if (each.order.at or now) <= now}
