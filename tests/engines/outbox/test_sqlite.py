"""An outbox in a file: private, in WAL mode, and its errors have words."""

import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from flask_mailwright import MailError
from flask_mailwright.engines.outbox.dialect import SQLITE
from flask_mailwright.engines.outbox.schema import statements
from flask_mailwright.engines.outbox.sqlite import CARRIED, SqliteDatabase
from flask_mailwright.engines.outbox.statements import select_due


def made(path: Path, busy: float = 5.0) -> SqliteDatabase:
    """A database with a table."""
    database = SqliteDatabase(path, busy)
    with database.transaction(durable=True) as run:
        run("CREATE TABLE t (x)")
    return database


def test_the_file_is_private_and_in_wal_mode(tmp_path: Path) -> None:
    """Nobody else reads mail."""
    database = made(tmp_path / "o.sqlite")
    assert (tmp_path / "o.sqlite").stat().st_mode & 0o777 == 0o600
    with database.reading() as run:
        assert run("PRAGMA journal_mode").rows == [("wal",)]
    database.close()


def test_a_busy_file_is_a_temporary_trouble(tmp_path: Path) -> None:
    """And so is one whose disk is full or so; a missing table is not."""
    database = made(tmp_path / "o.sqlite", 0.05)
    other = sqlite3.connect(tmp_path / "o.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(MailError, match="locked") as caught, database.transaction():
        pass
    assert (caught.value.kind, caught.value.stage) == ("temporary", "store")
    other.close()
    with pytest.raises(MailError, match="outbox init") as caught, database.reading() as run:
        run("SELECT * FROM nix")
    assert caught.value.kind == "configuration"
    database.close()


def test_threads_all_write(tmp_path: Path) -> None:
    """And the file stays whole."""
    database = made(tmp_path / "o.sqlite")

    def write(number: int) -> None:
        with database.transaction() as run:
            run("INSERT INTO t VALUES (:x)", {"x": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    with database.reading() as run:
        assert run("SELECT COUNT(*) FROM t").rows == [(200,)]
        assert run("PRAGMA integrity_check").rows == [("ok",)]
    database.close()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """What did not fit is not there, and there is room again later."""
    database = made(tmp_path / "o.sqlite")
    with database.transaction() as run:
        run("PRAGMA max_page_count = 3")
    with pytest.raises(MailError, match="make room") as caught, database.transaction() as run:
        run("INSERT INTO t VALUES (:x)", {"x": b"x" * 100_000})
    assert caught.value.kind == "temporary"
    with database.reading() as run:
        assert run("SELECT COUNT(*) FROM t").rows == [(0,)]
    database.close()


def test_a_forked_child_begins_anew(tmp_path: Path) -> None:
    """It writes through a connection of its own."""
    database = made(tmp_path / "o.sqlite")
    child = os.fork()
    if child == 0:
        with database.transaction() as run:
            run("INSERT INTO t VALUES (1)")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with database.reading() as run:
        assert run("SELECT COUNT(*) FROM t").rows == [(1,)]
    database.close()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux shows its locks")
def test_our_locks_outlive_all_that_we_open(tmp_path: Path) -> None:
    """To close any descriptor of the file would end them, and others could take its WAL away."""
    database = SqliteDatabase(tmp_path / "box.sqlite")
    for durable in (True, False):
        with database.transaction(durable=durable) as run:
            run("CREATE TABLE IF NOT EXISTS t (x)")
    with database.reading() as run:
        run("SELECT * FROM t")
    node = (tmp_path / "box.sqlite").stat().st_ino
    locks = Path("/proc/locks").read_text("ascii").splitlines()
    assert any(line.split()[5].endswith(f":{node}") for line in locks)
    database.close()


@pytest.mark.parametrize("own", [True, False])
def test_a_claim_looks_at_nothing_but_what_it_takes(own: bool) -> None:
    """However many mails of other routes and priorities wait, or are not due yet."""
    values = {"app": "", "owner": "", "now": 0, "route": "", "precedence": 0, "most": 1}
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements(SQLITE):
            connection.execute(statement)
        explain = f"EXPLAIN QUERY PLAN {select_due(SQLITE, own=own)}"
        plan = connection.execute(explain, values).fetchall()
    assert [row[3].partition(" (")[2] for row in plan] == [
        "app=? AND status=? AND owner=? AND route=? AND precedence=? AND due<?)"
    ]


def test_what_was_written_is_carried_over_beside_a_writer(tmp_path: Path) -> None:
    """A copy of the file without its WAL has it."""
    path = tmp_path / "outbox.sqlite"
    database = made(path)
    for number in range(CARRIED - 1):
        with database.transaction() as run:
            run("INSERT INTO t VALUES (:number)", {"number": number})
    with database.transaction() as run:
        database.carry_over()
        run("DELETE FROM t")
    assert _rows_in_the_file_alone(path, tmp_path / "copy.sqlite") == CARRIED - 1
    database.close()


def test_few_transactions_are_not_worth_carrying_over(tmp_path: Path) -> None:
    """The file is not touched."""
    path = tmp_path / "outbox.sqlite"
    database = made(path)
    before = path.read_bytes()
    database.carry_over()
    assert path.read_bytes() == before
    database.close()


def _rows_in_the_file_alone(path: Path, copy: Path) -> int:
    copy.write_bytes(path.read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM t").fetchone()[0])


def test_who_has_waited_for_his_own_process_waits_less_for_others(tmp_path: Path) -> None:
    """Both are told after `busy` seconds, though they take turns; and the next one may write."""
    path = tmp_path / "outbox.sqlite"
    database = made(path, 1.0)
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [pool.submit(_write, database) for _ in range(2)]
        troubles = [each.exception() for each in waiting]
        took = time.monotonic() - began
        other.rollback()
    assert all(isinstance(each, MailError) and each.kind == "temporary" for each in troubles)
    assert 1.0 <= took < 1.9
    _write(database)
    database.close()


def _write(database: SqliteDatabase) -> None:
    with database.transaction() as run:
        run("INSERT INTO t VALUES (1)")
