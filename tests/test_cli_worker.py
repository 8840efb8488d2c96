"""`flask mail worker`, and web processes that leave delivery to it, as processes of their own."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import parsed
from tests.engines.outbox.databases import outbox_url
from tests.signed import key, pem, verdicts
from tests.testing.raw_client import eventually

SHOP = """
import threading
from flask import Flask, request
from flask_mailwright import Mail, Message, email_relayed

app = Flask("shop", instance_path={folder!r})
app.config.update(MAIL_ENGINE="outbox", MAIL_DEFAULT_SENDER="a@example.com")
app.config.from_prefixed_env()
mail = Mail(app)

def later(subject, **order):
    return mail.send_later(Message(subject, ["b@example.com"], "Hello"), **order)

@app.get("/mails/<int:number>")
def mails(number):
    for each in range(number):
        later(str(each))
    return str(sorted(thread.name for thread in threading.enumerate()))

def answer(app, mail, reply):
    if mail.subject == "question":
        later("answer")

email_relayed.connect(answer, app)
"""
WEB = """
import shop
client = shop.app.test_client()
print(client.get("/mails/{number}").text)
"""
FILE = "mailwright-outbox.sqlite"


class Shop:
    """Starts processes of one app, and ends them behind the test."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        (folder / "shop.py").write_text(SHOP.format(folder=str(folder)))
        self.keys = {"MAIL_URL": url, "MAIL_WORKER": "external"}
        self.timing = {"retry_first": 0.3, "retry_factor": 1.0}
        self._started: list[subprocess.Popen[str]] = []

    def submit(self, script: str) -> None:
        """Run a script in a process of the app."""
        self.python(f"from shop import later, mail\n{script}")

    def python(self, script: str) -> str:
        """What a script in the app's folder has printed."""
        command = [sys.executable, "-W", "error", "-c", script]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def worker(self) -> subprocess.Popen[str]:
        """One that has said that it delivers, or that it does not."""
        with self.errors.open("a") as errors:
            process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "flask", "--app", "shop", "mail", "worker"],
                cwd=self.folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._started.append(process)
        assert process.stdout is not None
        self.said = process.stdout.readline()
        return process

    @property
    def errors(self) -> Path:
        """What workers have written to standard error, which nobody need read meanwhile."""
        return self.folder / "errors"

    @property
    def _environment(self) -> dict[str, str]:
        keys = {f"FLASK_{key}": value for key, value in self.keys.items()}
        path = os.pathsep.join(map(os.path.abspath, sys.path))
        timing = json.dumps(self.timing)
        return {"PYTHONPATH": path, "FLASK_MAIL_TIMING": timing, **keys}

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the outbox knows."""
        with closing(sqlite3.connect(self.folder / FILE, timeout=30)) as connection:
            return connection.execute(statement).fetchall()

    def end(self) -> None:
        """All processes that were left."""
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def make_shop(tmp_path: Path) -> Iterator[Callable[[SMTPServer], Shop]]:
    """A shop whose relay is this server."""
    shops: list[Shop] = []

    def make(server: SMTPServer) -> Shop:
        shops.append(Shop(tmp_path, server.url))
        return shops[-1]

    yield make
    for shop in shops:
        shop.end()


Make = Callable[[SMTPServer], Shop]


def ended(process: subprocess.Popen[str], *signals: int, within: float = 20.0) -> tuple[int, str]:
    """Exit code and last words of a process that gets these signals."""
    for number in signals:
        process.send_signal(number)
        time.sleep(0.5)
    said, _ = process.communicate(timeout=within)
    return process.returncode, said


def copies(server: SMTPServer) -> Counter[str]:
    """How often each subject came."""
    return Counter(parsed(mail)["Subject"] for mail in server.mails)


def test_a_worker_signs(make_shop: Make) -> None:
    """With the key of its own environment; the process that submits need not have one."""
    with SMTPServer() as server:
        shop = make_shop(server)
        shop.submit("for n in range(5): later(str(n))")
        shop.keys |= {
            "MAIL_DKIM_DOMAIN": "example.com",
            "MAIL_DKIM_SELECTOR": "s1",
            "MAIL_DKIM_KEY": pem().replace("\n", "\\n"),
        }
        worker = shop.worker()
        server.wait(5, 10)
        assert ended(worker, signal.SIGTERM)[0] == 0
        dns = {"s1._domainkey.example.com": key().record}
        assert [verdicts(mail.content, dns) for mail in server.mails] == [[True]] * 5


def test_a_worker_delivers_until_it_is_told_to_end(make_shop: Make) -> None:
    """What was there and what comes, also from its own receivers; one line first, one last."""
    with SMTPServer() as server:
        shop = make_shop(server)
        shop.submit("for n in range(5): later(str(n))")
        assert server.count == 0
        worker = shop.worker()
        assert re.fullmatch(
            rf"mail worker {worker.pid} delivers from \S+{FILE} for shop\n", shop.said
        )
        server.wait(5, 10)
        shop.submit("later('question')")
        server.wait(7, 10)
        code, said = ended(worker, signal.SIGTERM)
        assert code == 0
        assert (
            said
            == f"mail worker {worker.pid} has ended; every mail it had in hand has its answer\n"
        )
        assert copies(server) == dict.fromkeys(["0", "1", "2", "3", "4", "question", "answer"], 1)
        assert shop.rows("SELECT DISTINCT status, owner FROM mailwright_mail") == [("done", "")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_mails_in_hand_have_their_time(make_shop: Make, number: signal.Signals) -> None:
    """The server answers after a second: each mail came once, and all others wait, unclaimed."""
    with SMTPServer(on_mail=lambda mail: time.sleep(1.0)) as server:
        shop = make_shop(server)
        shop.submit("for n in range(60): later(str(n))")
        worker = shop.worker()
        assert eventually(lambda: len(shop.rows(IN_HAND)) >= 3)
        worker.send_signal(number)
        assert eventually(lambda: shop.rows(CLAIMED) == [], 2.0)
        assert worker.wait(10) == 0
        done = {
            each
            for (each,) in shop.rows("SELECT subject FROM mailwright_mail WHERE status = 'done'")
        }
        assert 3 <= len(done) <= 8  # one in hand for each connection, and one behind it
        assert copies(server) == dict.fromkeys(done, 1)
        waiting = shop.rows(
            "SELECT DISTINCT status, owner, crashes FROM mailwright_mail WHERE status <> 'done'"
        )
        assert waiting == [("queued", "", 0)]


IN_HAND = "SELECT id FROM mailwright_mail WHERE status = 'sending'"
CLAIMED = "SELECT id FROM mailwright_mail WHERE status = 'queued' AND owner <> ''"


@pytest.mark.parametrize("held", [False, True])
def test_who_is_not_answered_in_time_is_in_doubt(make_shop: Make, held: bool) -> None:
    """Its connection is closed, and the worker ends with the truth in the outbox, no crash."""
    with SMTPServer() as server:
        server.stall("final_dot", accept=True)
        shop = make_shop(server)
        shop.timing["grace"] = 0.5
        shop.submit(f"later('slow', on_doubt={'hold' if held else 'retry'!r})")
        worker = shop.worker()
        server.wait(1, 10)
        began = time.monotonic()
        code, _ = ended(worker, signal.SIGTERM)
        assert (code, time.monotonic() - began < 4) == (0, True)
        ((status, owner, crashes, replies),) = shop.rows(
            "SELECT status, owner, crashes, replies FROM mailwright_mail"
        )
        assert (status, owner, crashes) == ("held" if held else "queued", "", 0)
        assert ("in_doubt" if held else "delayed") in replies
        assert shop.rows("SELECT kind FROM mailwright_attempt") == [("in_doubt",)]


def test_what_has_reached_nobody_is_not_in_doubt(make_shop: Make) -> None:
    """The relay is silent before the content, on a connection that was kept and on a new one."""
    with SMTPServer() as server:
        shop = make_shop(server)
        shop.timing["grace"] = 0.5
        worker = shop.worker()
        shop.submit("later('first')")
        server.wait(1, 10)
        server.stall("mail", times=None)
        shop.submit("later('second', on_doubt='hold')")
        assert eventually(lambda: shop.rows(IN_HAND) != [])
        assert ended(worker, signal.SIGTERM)[0] == 0
        assert shop.rows("SELECT status, crashes FROM mailwright_mail WHERE ended IS NULL") == [
            ("queued", 0)
        ]


def test_a_second_signal_ends_at_once(make_shop: Make) -> None:
    """Whatever is in hand."""
    with SMTPServer() as server:
        server.stall("final_dot", accept=True)
        shop = make_shop(server)
        shop.submit("later('slow')")
        worker = shop.worker()
        server.wait(1, 10)
        began = time.monotonic()
        code, _ = ended(worker, signal.SIGTERM, signal.SIGTERM)
        assert (code, time.monotonic() - began < 4) == (-signal.SIGTERM, True)


def test_many_ends_lose_and_double_nothing(make_shop: Make) -> None:
    """Workers come and go while mails are under way: each mail comes once."""
    number, ends = 400, 6
    with SMTPServer(on_mail=lambda mail: time.sleep(0.02)) as server:
        shop = make_shop(server)
        shop.submit(f"for n in range({number}): later(str(n))")
        for _ in range(ends):
            worker = shop.worker()
            threading.Event().wait(0.15)
            assert ended(worker, signal.SIGTERM)[0] == 0
        assert shop.rows("SELECT DISTINCT owner, crashes FROM mailwright_mail") == [("", 0)]
        done = len(shop.rows("SELECT id FROM mailwright_mail WHERE status = 'done'"))
        assert server.count == done
        shop.worker()
        server.wait(number, 60)
        assert copies(server) == {str(n): 1 for n in range(number)}


def test_a_web_process_that_only_inserts(make_shop: Make) -> None:
    """No thread beside its own, no waiting at its end; a worker delivers."""
    with SMTPServer() as server:
        shop = make_shop(server)
        assert shop.python(WEB.format(number=3)) == "['MainThread']\n"
        assert (server.count, len(shop.rows("SELECT id FROM mailwright_mail"))) == (0, 3)
        shop.submit("assert mail.flush(10); later('left'); mail.close()")
        assert server.count == 3
        shop.keys["MAIL_WORKER"] = "embedded"
        assert "_begin" in shop.python(WEB.format(number=0) + "shop.mail.flush()")
        assert server.count == 4


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"MAIL_ENGINE": "threads"}, "this app has no outbox: "),
        ({"MAIL_URL": "memory:"}, "mail of this app reaches nobody"),
        ({"MAIL_SUPPRESS_SEND": "true"}, "mail of this app reaches nobody"),
    ],
)
def test_where_a_worker_has_nothing_to_do(make_shop: Make, keys: dict[str, str], said: str) -> None:
    """It says so and ends, with exit code 1."""
    with SMTPServer() as server:
        shop = make_shop(server)
        shop.keys |= keys
        worker = shop.worker()
        output, _ = worker.communicate(timeout=10)
        errors = shop.errors.read_text()
        assert (shop.said + output, worker.returncode) == ("", 1)
        assert errors.startswith(f"Error: {said}")
        assert errors.count("\n") == 1


@pytest.mark.parametrize("name", ["postgresql", "mariadb"])
def test_a_worker_of_a_server(make_shop: Make, tmp_path: Path, name: str) -> None:
    """The first line names it, and neither user nor password."""
    with SMTPServer() as server, outbox_url(name, tmp_path) as url:
        shop = make_shop(server)
        shop.keys["MAIL_OUTBOX_URL"] = url
        shop.submit("for n in range(3): later(str(n))")
        worker = shop.worker()
        server.wait(3, 10)
        assert ended(worker, signal.SIGTERM)[0] == 0
        scheme, _, rest = url.partition("://")
        assert f" from {scheme}://{rest.partition('@')[2]} for shop" in shop.said
        assert copies(server) == {"0": 1, "1": 1, "2": 1}


def test_a_line_for_each_attempt(make_shop: Make) -> None:
    """Unless the app has set up its log, it shows Message-ID and reply."""
    with SMTPServer() as server:
        shop = make_shop(server)
        server.refuse("rcpt", 450)
        shop.submit("later('twice')")
        worker = shop.worker()
        mail: ReceivedMail = server.wait(1, 10)[0]
        ended(worker, signal.SIGTERM)
        errors = shop.errors.read_text().splitlines()
        lines = [line for line in errors if parsed(mail)["Message-ID"] in line]
        assert "450 4.0.0 refused on demand" in lines[0]
        assert "relayed to all 1 recipients: " in lines[1]
