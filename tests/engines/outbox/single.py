"""What a process does with its outbox, one step behind the other in the thread of a test."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

from flask_mailwright import MailError
from flask_mailwright.engines import Delivery, Order
from flask_mailwright.engines.outbox.database import Database
from flask_mailwright.engines.outbox.keeper import Keeper
from flask_mailwright.engines.outbox.rows import Stored
from flask_mailwright.engines.outbox.shift import Shift
from flask_mailwright.engines.outbox.sqlite import SqliteDatabase
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.tables import make_tables
from flask_mailwright.engines.outbox.waiting import count_all
from flask_mailwright.world import World
from tests.engines.outbox.boxes import QUICK
from tests.engines.relays import sealed

ROUNDS = 120
NO_ORDER = Order()


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


class Process:
    """Over a file in `folder`, or what is made of it."""

    def __init__(
        self,
        folder: Path,
        delivery: Delivery,
        clock: Clock,
        database: Callable[[Database], Database] = lambda database: database,
    ) -> None:
        self._clock = clock
        world = World(now=clock, monotonic=clock)
        handed = delivery._replace(world=world, timing=QUICK)
        opened = database(SqliteDatabase(folder / "outbox.sqlite"))
        self.store = Store(opened, "flasky", "me", QUICK)
        make_tables(self.store)
        self._keeper = Keeper(self.store, handed, lambda: None, sole=False)
        self._shift = Shift("", self.store.claims, handed, Event())

    def put(self, subjects: list[str], order: Order = NO_ORDER) -> list[str]:
        """Submit them; their ids."""
        now = self._clock()
        mails = [sealed(each) for each in subjects]
        self.store.intake.put([Stored(mail, order, now, "me") for mail in mails])
        return [mail.id for mail in mails]

    def work(self) -> None:
        """Until nothing waits, not even for its time."""
        for _ in range(ROUNDS):
            with suppress(MailError):
                self._keeper.round()
            with suppress(MailError):
                self._shift.wake()
                self._shift.work()
            self._clock.seconds += QUICK.lease / 4
            with suppress(MailError):
                if not count_all(self.store, 1e12):
                    return
