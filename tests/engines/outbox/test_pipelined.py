"""An outbox on PostgreSQL: its statements travel together, and are one transaction all the same."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.event import listen

from flask_mailwright import MailError
from flask_mailwright.engines.outbox.connections import FRESH
from flask_mailwright.engines.outbox.sql import SqlDatabase
from tests.engines.outbox.databases import outbox_url

INSERT = "INSERT INTO fruit (name) VALUES (:name)"
INSERT_OTHER = "INSERT INTO fruit (name) SELECT CAST(:name AS TEXT)"
COUNT = "SELECT count(*) FROM fruit"
Clock = list[float]


class Interrupted(dict[str, str]):
    """Values that somebody has no time to wait for."""

    def __getitem__(self, name: str) -> str:
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of a database with one table."""
    with outbox_url("postgresql", Path()) as found:
        database = SqlDatabase(found)
        with database.transaction() as run:
            run("CREATE TABLE fruit (name TEXT PRIMARY KEY CHECK (name <> ''))")
        database.close()
        yield found


@pytest.fixture
def clock() -> Clock:
    """What it shows is its only entry."""
    return [1000.0]


@pytest.fixture
def database(url: str, clock: Clock) -> Iterator[SqlDatabase]:
    """Its table is empty."""
    opened = SqlDatabase(url, 5.0, lambda: clock[0])
    with opened.transaction() as run:
        run("DELETE FROM fruit")
    yield opened
    opened.close()


def put(
    database: SqlDatabase, *names: str, asks: bool, error: type[Exception] | None = None
) -> None:
    """Into one transaction, at the end of which that is raised."""
    with database.transaction() as run:
        for name in names:
            found = run(INSERT, {"name": name})
            assert not asks or found.changed == 1
        if error:
            raise error


def put_half(database: SqlDatabase) -> None:
    """Interrupted behind the first."""
    with database.transaction() as run:
        run(INSERT, {"name": "apple"})
        run(INSERT, Interrupted(name="pear"))


def doze(database: SqlDatabase, *, asks: bool) -> None:
    """The server does, for a while."""
    with database.transaction() as run:
        found = run("SELECT pg_sleep(0.5)")
        assert not asks or found.rows


def out_of_time(*_: object) -> None:
    """A signal came."""
    raise TimeoutError("the job's time is over")


def count(database: SqlDatabase) -> int:
    """Of what is committed."""
    with database.reading() as run:
        return int(run(COUNT).rows[0][0])


def test_what_nobody_asked_about_is_stored(database: SqlDatabase) -> None:
    """And what was found may still be asked when all is over."""
    with database.transaction() as run:
        found = [run(INSERT, {"name": name}) for name in ("apple", "pear")]
    assert (count(database), [each.changed for each in found]) == (2, [1, 1])


def test_an_answer_stays(database: SqlDatabase) -> None:
    """Who asks again is told the same."""
    with database.transaction() as run:
        found = run("SELECT 1")
        assert found.rows == found.rows == [(1,)]


def test_an_answer_is_of_all_before_it(database: SqlDatabase) -> None:
    """The transaction goes on behind it, seen by nobody else."""
    with database.transaction() as run:
        run(INSERT, {"name": "apple"})
        assert run(COUNT).rows == [(1,)]
        assert count(database) == 0
        assert run(INSERT, {"name": "pear"}).changed == 1
    assert count(database) == 2


@pytest.mark.parametrize("asks", [False, True])
def test_one_that_fails_undoes_all(database: SqlDatabase, asks: bool) -> None:
    """Whether anybody asked before or not; the connection serves on."""
    with pytest.raises(MailError, match="fruit_name_check") as caught:
        put(database, "apple", "", asks=asks)
    assert (caught.value.kind, caught.value.stage) == ("permanent", "store")
    assert count(database) == 0


@pytest.mark.parametrize("asks", [False, True])
def test_one_that_cannot_be_sent_undoes_all(database: SqlDatabase, asks: bool) -> None:
    """What was sent before it too."""
    with pytest.raises(MailError, match="NUL"):
        put(database, "apple", "pe\0ar", asks=asks)
    assert count(database) == 0


def test_an_interrupt_while_they_are_sent_undoes_all(database: SqlDatabase) -> None:
    """Half of them is nothing."""
    with pytest.raises(KeyboardInterrupt):
        put_half(database)
    assert count(database) == 0


def test_what_an_error_kept_from_being_prepared_is_prepared_later(database: SqlDatabase) -> None:
    """The driver prepares what it has sent some times, and does not see when that is skipped."""
    for number in range(12):
        with suppress(MailError), database.transaction() as run:
            run(INSERT_OTHER, {"name": "" if number == 5 else f"pear {number}"})
            run(INSERT, {"name": f"apple {number}"})
    assert count(database) == 22


@pytest.mark.parametrize("asks", [False, True])
def test_a_block_that_raises_stores_nothing(database: SqlDatabase, asks: bool) -> None:
    """What it raised is raised."""
    with pytest.raises(KeyError):
        put(database, "apple", asks=asks, error=KeyError)
    assert count(database) == 0


def test_the_app_s_pool_need_not_roll_back(url: str, database: SqlDatabase) -> None:
    """A connection that had trouble is not used again."""
    engine = create_engine(url, pool_reset_on_return=None)
    beside = SqlDatabase(lambda: engine)
    with pytest.raises(KeyError):
        put(beside, "apple", asks=True, error=KeyError)
    put(beside, "pear", asks=False)
    beside.close()
    assert count(database) == 1


@pytest.mark.parametrize("event", ["connect", "checkout"])
def test_the_app_may_tell_its_connections_something_first(
    url: str, database: SqlDatabase, event: str
) -> None:
    """That opens a transaction, which is none of ours, and holds for what follows."""
    engine = create_engine(url)
    listen(engine, event, lambda connection, *_: connection.execute("SET TIME ZONE 'Asia/Tokyo'"))
    beside = SqlDatabase(lambda: engine)
    put(beside, "apple", asks=False)
    with beside.reading() as run:
        assert run("SHOW timezone").rows == [("Asia/Tokyo",)]
    beside.close()
    assert count(database) == 1


def test_the_app_s_kind_of_cursor_is_not_ours(url: str, database: SqlDatabase) -> None:
    """One that puts values into the statement itself, say."""
    engine = create_engine(url, connect_args={"cursor_factory": psycopg.ClientCursor})
    beside = SqlDatabase(lambda: engine)
    put(beside, "apple", asks=True)
    beside.close()
    assert count(database) == 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no such signals")
@pytest.mark.parametrize("asks", [False, True])
def test_who_is_out_of_time_is_told_so(database: SqlDatabase, asks: bool) -> None:
    """As a worker tells a job by a signal, while it waits for the server."""
    former = signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(TimeoutError, match="the job's time is over"):
            doze(database, asks=asks)
    finally:
        signal.signal(signal.SIGALRM, former)


def test_an_error_that_somebody_has_swallowed_is_told(database: SqlDatabase) -> None:
    """The server takes back all of it, and answers COMMIT with ROLLBACK."""

    def swallow() -> None:
        with database.transaction() as run:
            run(INSERT, {"name": "apple"})
            with suppress(Exception):
                assert run(INSERT, {"name": ""}).changed

    with pytest.raises(MailError, match="undid") as caught:
        swallow()
    assert (caught.value.kind, count(database)) == ("temporary", 0)


@pytest.mark.parametrize("idle", [0.0, 2 * FRESH])
def test_a_connection_that_ended_in_the_pool_is_replaced(
    database: SqlDatabase, clock: Clock, url: str, idle: float
) -> None:
    """Used a moment ago it is not asked whether it is there, but has said good-bye."""
    other = SqlDatabase(url)
    with other.reading() as run:
        run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    clock[0] += idle
    with database.transaction() as run:
        run(INSERT, {"name": "apple"})
    assert count(other) == 1
    other.close()


def test_the_app_s_isolation_is_not_ours(url: str, database: SqlDatabase) -> None:
    """What others have committed since is seen, or two processes would fail at one row."""
    name = url.rpartition("/")[2]
    with database.transaction() as run:
        run(f"ALTER DATABASE {name} SET default_transaction_isolation TO 'serializable'")
    fresh = SqlDatabase(url)
    with fresh.transaction() as run:
        assert run("SHOW transaction_isolation").rows == [("read committed",)]
    fresh.close()
