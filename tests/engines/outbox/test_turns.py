"""Who writes when: among processes, which SQLite alone keeps apart."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flask_mailwright.engines.outbox.turns import Turns


def connected(folder: Path) -> sqlite3.Connection:
    """To one file, without any patience of SQLite's own."""
    connection = sqlite3.connect(
        folder / "file", timeout=0, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


@pytest.fixture
def other(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Writes."""
    with closing(connected(tmp_path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_it_goes_on_as_soon_as_the_other_is_done(tmp_path: Path, other: sqlite3.Connection) -> None:
    """However short that is."""
    turns = Turns(5.0, time.monotonic)
    threading.Timer(0.2, other.execute, ("COMMIT",)).start()
    with closing(connected(tmp_path)) as ours, turns.take() as until:
        began = time.monotonic()
        turns.ask(ours, "BEGIN IMMEDIATE", until)
        assert time.monotonic() - began >= 0.15
        turns.ask(ours, "COMMIT", until)


@pytest.mark.usefixtures("other")
def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    """SQLite's own error tells it."""
    turns = Turns(0.2, time.monotonic)
    with closing(connected(tmp_path)) as ours, turns.take() as until:
        began = time.monotonic()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            turns.ask(ours, "BEGIN IMMEDIATE", until)
        assert 0.2 <= time.monotonic() - began < 2


def test_another_trouble_is_told_at_once(tmp_path: Path) -> None:
    """It would not go away."""
    turns = Turns(5.0, time.monotonic)
    with (
        closing(connected(tmp_path)) as ours,
        turns.take() as until,
        pytest.raises(sqlite3.OperationalError, match="no transaction"),
    ):
        turns.ask(ours, "COMMIT", until)


def test_threads_take_turns_for_as_long_as_they_have_patience() -> None:
    """One that does not end keeps the next no longer than that."""
    turns = Turns(0.1, time.monotonic)
    with turns.take(), pytest.raises(sqlite3.OperationalError, match="locked"), turns.take():
        pass
