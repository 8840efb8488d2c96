"""What becomes of a mail when its process is killed or stopped, or when many want to have it."""

import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from flask_mailwright import MailError
from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import parsed
from tests.crash.processes import USURPED, Processes
from tests.engines.outbox.databases import opened, outbox_url
from tests.testing.raw_client import eventually

NOBODY = "smtp://127.0.0.1:1"
CROWD = 8
MAILS = 1_000


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """None yet."""
    with outbox_url("sqlite", tmp_path) as url:
        started = Processes(tmp_path, url)
        yield started
        started.end()


def stop(process: subprocess.Popen[bytes], processes: Processes) -> None:
    """Not while it writes, for then all others would wait for it."""
    while True:
        process.send_signal(signal.SIGSTOP)
        with suppress(MailError), opened(processes.outbox, busy=0.1).transaction():
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.01)


def soon(done: Callable[[], bool]) -> None:
    """Within 30 seconds."""
    assert eventually(done, 30.0)


def test_a_mail_outlives_the_process_that_submitted_it(processes: Processes) -> None:
    """SIGKILL right behind `send_later`: the next process delivers."""
    with SMTPServer() as server:
        process = processes.web(NOBODY, range(1))
        soon(lambda: len(processes.noted()) == 1)
        process.kill()
        process.wait()
        processes.web(server.url)
        assert parsed(server.wait(1, 30)[0])["Subject"] == "0"


def test_who_was_stopped_for_longer_than_its_lease_changes_nothing(processes: Processes) -> None:
    """Another has delivered the mail meanwhile, and his word counts."""
    processes.timing["final_dot_worker"] = 4.0
    with SMTPServer() as server:
        server.stall("final_dot", accept=True)
        late = processes.web(server.url, range(1))
        server.wait(1, 30)
        stop(late, processes)
        processes.web(server.url)
        server.wait(2, 30)
        ends_as_the_other_has_said(processes, late)
        assert server.count == 2


def test_who_hears_the_250_behind_its_lease_changes_nothing(processes: Processes) -> None:
    """It came while the process was stopped, and another took the mail in doubt meanwhile."""
    processes.timing["final_dot_worker"] = 60.0
    come, answered = threading.Event(), threading.Event()

    def take_slowly(mail: ReceivedMail) -> None:
        if not come.is_set():
            come.set()
            answered.wait(60)

    with SMTPServer(on_mail=take_slowly) as server:
        late = processes.web(server.url, range(1))
        assert come.wait(30)
        stop(late, processes)
        processes.web(server.url)
        server.wait(1, 30)
        answered.set()
        server.wait(2, 30)
        ends_as_the_other_has_said(processes, late)


def ends_as_the_other_has_said(processes: Processes, late: subprocess.Popen[bytes]) -> None:
    """The mail is done before the stopped process goes on, and its row stays as it is."""
    soon(lambda: processes.rows("SELECT status FROM mailwright_mail") == [("done",)])
    row = processes.rows("SELECT * FROM mailwright_mail")
    late.send_signal(signal.SIGCONT)
    soon(lambda: USURPED in processes.errors)
    assert processes.rows("SELECT * FROM mailwright_mail") == row
    assert processes.rows("SELECT attempts, crashes FROM mailwright_mail") == [(2, 1)]


def test_eight_processes_submit_and_one_delivers(processes: Processes) -> None:
    """Each mail comes once."""
    each = MAILS // CROWD
    with SMTPServer() as server:
        for place in range(CROWD):
            numbers = range(place * each, (place + 1) * each)
            processes.web(server.url, numbers, place=place)
        assert copies(server) == dict.fromkeys(map(str, range(MAILS)), 1)


def copies(server: SMTPServer) -> Counter[str]:
    """How often each subject came, with some time for one too many."""
    server.wait(MAILS, 60)
    time.sleep(1.0)
    return Counter(parsed(mail)["Subject"] for mail in server.mails)
