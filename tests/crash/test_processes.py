"""What becomes of a mail when its process is killed or stopped, or when many want to have it."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright.testing import SMTPServer
from tests.apps import parsed
from tests.crash.proof import FILE, TIMING, USURPED
from tests.testing.raw_client import eventually

NOBODY = "smtp://127.0.0.1:1"
PAUSE = 0.001
CROWD = 8
MAILS = 1_000


class Processes:
    """Starts them over one outbox, and ends them behind the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.timing = dict(TIMING)
        self._started: list[subprocess.Popen[bytes]] = []

    def web(self, url: str, first: int = 0, last: int = 0) -> subprocess.Popen[bytes]:
        """One that submits the mails with these numbers and delivers."""
        journal = self.folder / f"journal{first}"
        settings = json.dumps([self.timing, PAUSE])
        return self._start("web", url, journal, settings, first, last)

    def crowd(self, url: str) -> subprocess.Popen[bytes]:
        """One that delivers, though others do."""
        return self._start("crowd", url, json.dumps(self.timing))

    def _start(self, module: str, *arguments: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"tests.crash.{module}", self.folder, *arguments]
        with self.errors.open("ab") as errors:
            process = subprocess.Popen(list(map(str, command)), stderr=errors)
        self._started.append(process)
        return process

    @property
    def errors(self) -> Path:
        """What they have written to standard error."""
        return self.folder / "errors"

    def journalled(self, first: int = 0) -> int:
        """How many tickets one of them has seen."""
        journal = self.folder / f"journal{first}"
        return journal.read_text().count("\n") if journal.exists() else 0

    def rows(self, statement: str, busy: float = 30.0) -> list[tuple[Any, ...]]:
        """What the outbox knows."""
        with closing(sqlite3.connect(self.folder / FILE, busy)) as connection:
            return connection.execute(statement).fetchall()

    def end(self) -> None:
        """All of them."""
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """None yet."""
    started = Processes(tmp_path)
    yield started
    started.end()


def stop(process: subprocess.Popen[bytes], processes: Processes) -> None:
    """Not while it writes, for then all others would wait for it."""
    while True:
        process.send_signal(signal.SIGSTOP)
        with suppress(sqlite3.OperationalError):
            processes.rows("BEGIN IMMEDIATE", busy=0.1)
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.01)


def soon(done: Callable[[], bool]) -> None:
    """Within 30 seconds."""
    assert eventually(done, 30.0)


def test_a_mail_outlives_the_process_that_submitted_it(processes: Processes) -> None:
    """SIGKILL right behind `send_later`: the next process delivers."""
    with SMTPServer() as server:
        process = processes.web(NOBODY, 0, 1)
        soon(lambda: processes.journalled() == 1)
        process.kill()
        process.wait()
        processes.web(server.url)
        assert parsed(server.wait(1, 30)[0])["Subject"] == "0"


def test_who_was_stopped_for_longer_than_its_lease_changes_nothing(processes: Processes) -> None:
    """Another has delivered the mail meanwhile, and his word counts."""
    processes.timing["final_dot"] = 4.0
    with SMTPServer() as server:
        server.stall("final_dot", accept=True)
        late = processes.web(server.url, 0, 1)
        server.wait(1, 30)
        stop(late, processes)
        processes.web(server.url)
        server.wait(2, 30)
        soon(lambda: processes.rows("SELECT status FROM mailwright_mail") == [("done",)])
        row = processes.rows("SELECT * FROM mailwright_mail")
        late.send_signal(signal.SIGCONT)
        soon(lambda: USURPED in processes.errors.read_text())
        assert processes.rows("SELECT * FROM mailwright_mail") == row
        assert processes.rows("SELECT attempts, crashes FROM mailwright_mail") == [(2, 1)]
        assert server.count == 2


def test_eight_processes_submit_and_one_delivers(processes: Processes) -> None:
    """Each mail comes once."""
    each = MAILS // CROWD
    with SMTPServer() as server:
        for first in range(0, MAILS, each):
            processes.web(server.url, first, first + each)
        assert copies(server) == dict.fromkeys(map(str, range(MAILS)), 1)


def test_eight_processes_deliver_at_once(processes: Processes) -> None:
    """Each mail comes once, though nobody is in office."""
    writer = processes.web(NOBODY, 0, MAILS)
    soon(lambda: processes.journalled() == MAILS)
    writer.kill()
    writer.wait()
    with SMTPServer() as server:
        for _ in range(CROWD):
            processes.crowd(server.url)
        assert copies(server) == dict.fromkeys(map(str, range(MAILS)), 1)


def copies(server: SMTPServer) -> Counter[str]:
    """How often each subject came, with some time for one too many."""
    server.wait(MAILS, 60)
    time.sleep(1.0)
    return Counter(parsed(mail)["Subject"] for mail in server.mails)
