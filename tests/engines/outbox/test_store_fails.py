"""A store that fails once, at each of its steps in turn: nothing is lost, stuck or sent twice."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pytest

from flask_mailwright import MailError
from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox.database import Database, Found, Run
from flask_mailwright.engines.outbox.dialect import Dialect
from flask_mailwright.engines.outbox.keeper import Keeper
from flask_mailwright.engines.outbox.lane import Lane
from flask_mailwright.engines.outbox.rows import Stored
from flask_mailwright.engines.outbox.sqlite import SqliteDatabase
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.world import World
from tests.engines.outbox.boxes import QUICK, delivery
from tests.engines.relays import GatedRelay, sealed

MAILS = 4
ROUNDS = 60


class FailingDatabase:
    """Fails at its step number `at`, once: a statement, or a commit, before or behind it."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.at = -1
        self.steps = 0

    @property
    def dialect(self) -> Dialect:
        """As it is."""
        return self._inner.dialect

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Run]:
        """A commit whose answer is lost is one of the steps."""
        with self._inner.transaction(durable=durable) as run:
            yield self._fickle(run)
            self._step()
        self._step()

    def reading(self) -> AbstractContextManager[Run]:
        """As it is."""
        return self._inner.reading()

    def news(self) -> object:
        """As it is."""
        return self._inner.news()

    def close(self) -> None:
        """As it is."""
        self._inner.close()

    def _fickle(self, run: Run) -> Run:
        def step(statement: str, values: Mapping[str, Any] = {}, /) -> Found:
            self._step()
            return run(statement, values)

        return step

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise MailError("the disk is busy", kind="temporary", stage="store")


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


class Process:
    """What a process does, one step behind the other in this thread."""

    def __init__(self, folder: Path, relay: GatedRelay) -> None:
        self.clock = Clock()
        world = World(now=self.clock, monotonic=self.clock)
        handed = delivery(relay, folder, world=world)
        self.database = FailingDatabase(SqliteDatabase(folder / "outbox.sqlite"))
        self.store = Store(self.database, "flasky", "me", QUICK)
        self.store.make_tables()
        self._keeper = Keeper(self.store, handed, lambda: None, sole=False)
        self._lane = Lane(self.store, handed, Event())

    def put(self, subjects: list[str]) -> None:
        """Submit them."""
        now = self.clock()
        self.store.put([Stored(sealed(each), Order(), now, "me") for each in subjects])

    def work(self) -> None:
        """Until nothing waits."""
        for _ in range(ROUNDS):
            with suppress(MailError):
                self._keeper.round()
            with suppress(MailError):
                self._lane.deliver(self.store.claim(self.clock(), 16))
            self.clock.seconds += QUICK.lease / 4
            if not self.store.waiting(self.clock()):
                return


class Outcome(NamedTuple):
    """How many steps there were, how often each mail was taken and told, and how many wait."""

    steps: int
    taken: Counter[str]
    told: Counter[str]
    waiting: int


def deliver_all(folder: Path, at: int) -> Outcome:
    """With a failure at that step."""
    relay = GatedRelay()
    process = Process(folder, relay)
    try:
        process.put([f"{number}" for number in range(MAILS)])
        process.database.steps, process.database.at = 0, at
        process.work()
        waiting = process.store.waiting(1e12)
        told = Counter(relay.recorded)
        return Outcome(process.database.steps, Counter(relay.taken), told, waiting)
    finally:
        process.store.close()


STEPS = 49
"""Of a delivery of so many mails: statements and commits."""


def test_a_delivery_has_no_more_steps(tmp_path: Path) -> None:
    """Else the next test would leave some out."""
    assert deliver_all(tmp_path, at=-1).steps <= STEPS


@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_one_failure_harms_no_mail(tmp_path: Path, at: int) -> None:
    """Each goes and is told once, if a statement fails, a commit, or only the answer to one."""
    outcome = deliver_all(tmp_path, at)
    assert outcome.steps >= at
    assert outcome.taken == outcome.told == {f"{number}": 1 for number in range(MAILS)}
    assert outcome.waiting == 0
