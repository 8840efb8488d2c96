"""A disk that is full, a file that is locked, a server that hangs up: no ticket is worthless."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from flask_mailwright import Mail, MailError, Message, Ticket
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, hello
from tests.engines.outbox.apps import QUICK, app_on, copies
from tests.engines.outbox.databases import opened, outbox_url
from tests.engines.outbox.test_sql import hang_up
from tests.testing.raw_client import eventually

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""
BIG = "x" * 20_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"only root may mount a small file system: {error}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def tried(mail: Mail, subject: str, body: str = "Hello") -> Ticket | MailError:
    """A ticket, or the error that says why there is none, in time."""
    began = time.monotonic()
    try:
        return mail.send_later(Message(subject, [ANN], body))
    except MailError as error:
        return error
    finally:
        assert time.monotonic() - began < QUICK["busy"] + 1


def is_temporary(outcome: Ticket | MailError) -> bool:
    """Trouble of the store that may pass."""
    told = ("temporary", "store")
    return isinstance(outcome, MailError) and (outcome.kind, outcome.stage) == told


def is_whole(file: Path) -> bool:
    """What SQLite says of it."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_full_disk(small_disk: Path) -> None:
    """What has a ticket is delivered once there is room, and what has none is not."""
    file, gate = small_disk / "outbox.sqlite", Event()
    with (
        SMTPServer(on_mail=lambda _: gate.wait(60)) as server,
        app_on(f"sqlite:///{file}", server.url) as mail,
    ):
        tickets: list[Ticket] = []
        for number in count():
            outcome = tried(mail, f"{number}", BIG)
            if isinstance(outcome, MailError):
                assert is_temporary(outcome)
                assert "make room" in str(outcome)
                break
            tickets.append(outcome)
        gate.set()  # answers that cannot be stored now
        assert is_temporary(tried(mail, "still full", BIG))
        subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
        tickets.append(mail.send_later(hello(subject="room again")))
        assert [ticket.wait(30).error for ticket in tickets] == [None] * len(tickets)
        subjects = [*map(str, range(len(tickets) - 1)), "room again"]
        assert copies(server) == dict.fromkeys(subjects, 1)
        assert is_whole(file)


def test_a_file_that_another_process_locks(tmp_path: Path) -> None:
    """Each of many threads is told in time; nothing is lost when the lock is gone."""
    file = tmp_path / "outbox.sqlite"
    with SMTPServer() as server, app_on(f"sqlite:///{file}", server.url) as mail:
        assert mail.send_later(hello(subject="before")).wait(10).error is None
        command = [sys.executable, "-c", HOLDER, str(file)]
        with (
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder,
            ThreadPoolExecutor(8) as pool,
        ):
            assert holder.stdout
            assert holder.stdout.readline() == b"held\n"
            outcomes = list(pool.map(lambda number: tried(mail, f"{number}"), range(16)))
            assert all(map(is_temporary, outcomes))
            holder.communicate()
        assert mail.send_later(hello(subject="behind")).wait(10).error is None
        assert copies(server) == {"before": 1, "behind": 1}
        assert is_whole(file)


@pytest.mark.parametrize("on", ["postgresql", "mariadb"])
def test_a_server_that_hangs_up(on: str, tmp_path: Path) -> None:
    """Again and again, as when it is restarted: each ticket is worth one mail, and no more."""
    with (
        SMTPServer() as server,
        outbox_url(on, tmp_path) as url,
        app_on(url, server.url) as mail,
    ):
        tickets = {"first": mail.send_later(hello(subject="first"))}
        other, over = opened(url), Event()

        def hang_up_often() -> None:
            while not over.wait(0.02):
                hang_up(other)

        with ThreadPoolExecutor(9) as pool:
            trouble = pool.submit(hang_up_often)
            outcomes = pool.map(lambda number: (f"{number}", tried(mail, f"{number}")), range(100))
            try:
                tickets |= {key: each for key, each in outcomes if not isinstance(each, MailError)}
            finally:
                over.set()
            trouble.result()
        other.close()
        assert all(ticket.wait(30).error is None for ticket in tickets.values())
        assert eventually(lambda: copies(server).keys() >= tickets.keys())
        assert set(copies(server).values()) == {1}
