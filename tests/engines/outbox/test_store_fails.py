"""A store that fails once, at each of its steps in turn: nothing is lost, stuck or sent twice."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flask_mailwright import MailError
from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox.database import Database, Found, Run
from flask_mailwright.engines.outbox.dialect import Dialect
from flask_mailwright.engines.outbox.standing import find
from flask_mailwright.engines.outbox.waiting import count_all
from flask_mailwright.errors import Kind
from tests.engines.outbox.boxes import delivery
from tests.engines.outbox.single import NO_ORDER, Clock, Process
from tests.engines.relays import PromptRelay

MAILS = 4


class FailingDatabase:
    """Fails at its step number `at`, once: a statement, or a commit, before or behind it."""

    def __init__(self, inner: Database, kind: Kind) -> None:
        self._inner = inner
        self._kind = kind
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

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """Looks fail too."""
        with self._inner.reading() as run:
            yield self._fickle(run)

    def news(self) -> object:
        """As it is."""
        return self._inner.news()

    def wipe(self) -> None:
        """As it is."""
        self._inner.wipe()

    def carry_over(self) -> None:
        """As it is."""
        self._inner.carry_over()

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
            raise MailError("the disk is busy", kind=self._kind, stage="store")


class Outcome(NamedTuple):
    """How many steps there were, and what became of the mails.

    How often each was taken and told, how many wait or are held by a process, and how often one was
    thought to be in doubt.
    """

    steps: int
    taken: Counter[str]
    told: Counter[str]
    waiting: int
    crashes: int
    held: int


def deliver_all(
    folder: Path,
    at: int,
    order: Order = NO_ORDER,
    *,
    connections: int = 1,
    kind: Kind = "temporary",
) -> Outcome:
    """With a failure at that step; a submit that fails is tried again."""
    relay = PromptRelay(pipelines=True)
    made: list[FailingDatabase] = []

    def failing(inner: Database) -> Database:
        made.append(FailingDatabase(inner, kind))
        return made[0]

    handed = delivery(relay, folder, connections=connections, carries=relay.carries)
    process = Process(folder, handed, Clock(), failing)
    (database,) = made
    try:
        database.steps, database.at = 0, at
        ids = submit(process, order)
        process.work()
        database.at = -1
        standings = [find(process.store, each) for each in ids]
        crashes = sum(each.crashes for each in standings if each)
        told = Counter(relay.recorded)
        waiting = count_all(process.store, 1e12)
        held = len(process.store.claims._held)
        return Outcome(database.steps, Counter(relay.taken), told, waiting, crashes, held)
    finally:
        process.store.close()


def submit(process: Process, order: Order) -> list[str]:
    """As a user does, who tries again when he has no ticket."""
    ids: list[str] = []
    while len(ids) < MAILS:
        with suppress(MailError):
            ids += process.put([f"{len(ids)}"], order)
    return ids


STEPS = {1: 63, 4: 55}
"""Of a delivery of so many mails: statements and commits; over several connections they join."""


@pytest.mark.parametrize("connections", STEPS)
def test_a_delivery_has_so_many_steps(tmp_path: Path, connections: int) -> None:
    """Else the next test would leave some out, or try some in vain."""
    assert deliver_all(tmp_path, at=-1, connections=connections).steps == STEPS[connections]


@pytest.mark.parametrize(
    ("connections", "at"),
    [(each, at) for each, steps in STEPS.items() for at in range(1, steps + 1)],
)
def test_one_failure_harms_no_mail(tmp_path: Path, connections: int, at: int) -> None:
    """Each goes and is told once, if a statement fails, a commit, or only the answer to one."""
    outcome = deliver_all(tmp_path, at, connections=connections)
    assert outcome.taken == outcome.told == {f"{number}": 1 for number in range(MAILS)}, outcome
    assert (outcome.waiting, outcome.crashes, outcome.held) == (0, 0, 0)


@pytest.mark.parametrize("expires", [None, 1.0], ids=["in time", "too late"])
@pytest.mark.parametrize("connections", STEPS)
def test_one_failure_of_a_lasting_kind_leaves_no_mail_in_hand(
    tmp_path: Path, connections: int, expires: float | None
) -> None:
    """It is not tried again at once, so a mail may be in doubt; then its lease lapses."""
    order = Order(expires=expires)
    for at in range(1, STEPS[connections] + 1):
        outcome = deliver_all(
            tmp_path / f"{at}", at, order, connections=connections, kind="configuration"
        )
        assert (outcome.waiting, outcome.held) == (0, 0), at
        assert outcome.taken.total() <= (MAILS + 1 if expires is None else 0), at


def test_one_failure_tells_each_expired_mail_once(tmp_path: Path) -> None:
    """None of them is sent."""
    gone = Order(expires=1.0)
    steps = deliver_all(tmp_path / "0", -1, gone).steps
    assert steps > 5 * MAILS
    for at in range(1, steps + 1):
        outcome = deliver_all(tmp_path / f"{at}", at, gone)
        assert outcome.told == {f"{number}": 1 for number in range(MAILS)}, at
        assert (outcome.taken.total(), outcome.waiting) == (0, 0), at
