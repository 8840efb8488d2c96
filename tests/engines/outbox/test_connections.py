"""Connections to PostgreSQL: one stays at hand, the others go back to the pool."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from flask_mailwright.engines.outbox.connections import FRESH, LONGEST, Connections
from tests.engines.outbox.databases import outbox_url
from tests.testing.raw_client import eventually

Clock = list[float]


class Asked:
    """An engine of SQLAlchemy that counts how often its pool is asked."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.times = 0

    def raw_connection(self) -> Any:
        """As the engine's."""
        self.times += 1
        return self._engine.raw_connection()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of an empty database."""
    with outbox_url("postgresql", Path()) as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    """What it shows is its only entry."""
    return [1000.0]


@pytest.fixture
def engine(url: str) -> Asked:
    """As the outbox makes it."""
    return Asked(create_engine(url))


@pytest.fixture
def connections(engine: Asked, clock: Clock) -> Iterator[Connections]:
    """Of which one may stay at hand."""
    made = Connections(engine, lambda: clock[0], keeps=True)
    yield made
    made.close()


def use(connections: Connections) -> int:
    """Its process in the server."""
    with connections.one() as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        return int(row[0])


def in_server(url: str) -> int:
    """How many there are, but for the one that asks."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.parametrize(("rest", "times"), [(FRESH / 2, 1), (FRESH, 3)])
def test_the_pool_is_asked_no_more_than_needed(
    connections: Connections, engine: Asked, clock: Clock, rest: float, times: int
) -> None:
    """As long as the one that was used last is surely there."""
    for _ in range(3):
        clock[0] += rest
        use(connections)
    assert engine.times == times


def test_the_pool_has_its_say_about_one_that_is_always_used(
    connections: Connections, engine: Asked, clock: Clock
) -> None:
    """It may have to be recycled."""
    for _ in range(int(2.5 * LONGEST / FRESH)):
        clock[0] += FRESH * 0.9
        use(connections)
    assert engine.times == 3


def test_the_app_s_own_pool_is_always_asked(engine: Asked, clock: Clock) -> None:
    """What it does when it gives a connection may be meant for this one use."""
    connections = Connections(engine, lambda: clock[0], keeps=False)
    for _ in range(3):
        use(connections)
    connections.close()
    assert engine.times == 3


@pytest.mark.parametrize("size", [1, 2])
def test_nobody_waits_for_the_one_at_hand(url: str, clock: Clock, size: int) -> None:
    """Where the pool gives no more, a connection that nobody needs goes back to who waits."""
    engine = create_engine(url, pool_size=size, max_overflow=0, pool_timeout=20)
    connections = Connections(engine, lambda: clock[0], keeps=True)
    gate = threading.Event()
    with ThreadPoolExecutor(size) as threads, ExitStack() as others:
        for _ in range(size - 1):
            others.enter_context(connections.one())
        with connections.one():
            waiting = threads.submit(use, connections)
            gate.wait(0.3)  # it waits at the pool by then
            assert not waiting.done()
        assert waiting.result(timeout=10)
    connections.close()


def test_what_is_too_many_when_a_storm_is_over_is_closed(
    connections: Connections, url: str
) -> None:
    """By the pool, which has room for five, and one is at hand."""
    with ExitStack() as storm:
        for _ in range(8):
            storm.enter_context(connections.one())
        assert in_server(url) == 8
    assert eventually(lambda: in_server(url) == 6)
    connections.close()
    assert eventually(lambda: in_server(url) == 0)


def test_one_that_died_in_a_block_that_went_on_is_not_used_again(connections: Connections) -> None:
    """Whatever the block has swallowed."""
    with connections.one() as connection:
        connection.close()
    assert use(connections)
