"""examples/scale: the commands of its Procfiles, against real servers."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from flask_mailwright.testing import SMTPServer
from tests.apps import parsed
from tests.engines.jobs.brokers import own_broker
from tests.engines.outbox.databases import outbox_url
from tests.testing.raw_client import eventually

SCALE = Path(__file__).parents[2] / "examples/scale"
PROCFILES = ["Procfile", "Procfile.rq", "Procfile.outbox"]
WITHIN = 60.0
pytestmark = pytest.mark.timeout(240)


def commands(procfile: str) -> dict[str, str]:
    """Those of all processes but the broker, which the test has."""
    lines = (SCALE / procfile).read_text().splitlines()
    named = dict(line.split(": ", 1) for line in lines)
    named.pop("broker", None)
    return named


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database and a broker of its own, and a free port."""
    with (
        outbox_url("postgresql", tmp_path) as database,
        own_broker("redis", tmp_path / "broker") as redis,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        port = free.getsockname()[1]
        free.close()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ours = {"PATH": path, "PORT": str(port), "PYTHONWARNINGS": "ignore"}
        yield {**os.environ, **ours, "DATABASE_URL": database, "REDIS_URL": redis.url}


@contextmanager
def running(command: str, environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """As a supervisor runs it, which tells it to end."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            ["sh", "-c", f"exec env {command}"], cwd=SCALE, env=environ, stdout=file, stderr=file
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(WITHIN)
        finally:
            process.kill()


def page(environ: dict[str, str], **fields: str) -> str:
    """What the shop answers, "" while it does not."""
    data = urlencode(fields).encode() if fields else None
    try:
        with urlopen(f"http://127.0.0.1:{environ['PORT']}/", data, timeout=20) as answer:
            return str(answer.read().decode())
    except HTTPError as refused:
        return refused.read().decode()
    except URLError:
        return ""


def flask(environ: dict[str, str], *arguments: str) -> str:
    """What a command of the shop has printed."""
    command = [sys.executable, "-m", "flask", "--app", "shop", *arguments]
    done = subprocess.run(
        command, cwd=SCALE, env=environ, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def have_begun(procfile: str, log: Path) -> bool:
    """Whether each worker of Celery's has said its name: before that SIGTERM just kills it."""
    workers = [name for name, command in commands(procfile).items() if "celery" in command]
    return all(f"{name}@" in log.read_text() for name in workers)


@pytest.mark.parametrize("procfile", PROCFILES)
def test_an_order_is_mailed(procfile: str, environ: dict[str, str], tmp_path: Path) -> None:
    """From the form to the mail server; all processes end when they are told to."""
    log = tmp_path / "log"
    with SMTPServer() as server, ExitStack() as stack:
        environ["FLASK_MAIL_URL"] = server.url
        flask(environ, "init")
        started = [
            stack.enter_context(running(command, environ, log))
            for command in commands(procfile).values()
        ]
        assert eventually(lambda: "A blue cup" in page(environ), WITHIN), log.read_text()
        assert eventually(lambda: have_begun(procfile, log), WITHIN), log.read_text()
        page(environ, name="Ann", email="ann@example.com")
        assert eventually(lambda: server.count == 1, WITHIN), log.read_text()
        assert parsed(server.mails[0])["Subject"] == "Your order 1"
        assert eventually(lambda: "<td>done</td>" in page(environ), WITHIN), log.read_text()
        assert "not a mailbox" in page(environ, name="Bob", email="not a mailbox")
    assert [process.returncode for process in started] == [0] * len(started), log.read_text()


def test_news_reach_each_customer_once(environ: dict[str, str], tmp_path: Path) -> None:
    """However often he has ordered; what was announced without a worker goes with the first."""
    with SMTPServer() as server:
        environ |= {"FLASK_MAIL_URL": server.url, "FLASK_MAIL_ENGINE": "outbox"}
        flask(environ, "init")
        web, worker = commands("Procfile.outbox").values()
        with running(web, environ, tmp_path / "log"):
            assert eventually(lambda: "A blue cup" in page(environ), WITHIN)
            for name in ("Ann", "Ann", "Bob"):
                page(environ, name=name, email=f"{name.lower()}@example.com")
        assert flask(environ, "announce", "Green").startswith("2 mails")
        with running(worker, environ, tmp_path / "log"):
            assert eventually(lambda: server.count == 5, WITHIN)
        news = [mail.recipients for mail in server.mails if parsed(mail)["Subject"] == "Green"]
        assert sorted(news) == [("ann@example.com",), ("bob@example.com",)]


def test_the_page_has_the_commands() -> None:
    """Those of the Procfile, word for word but for the port."""
    words = re.sub(r" +", " ", (SCALE / "README.md").read_text())
    for command in commands("Procfile").values():
        assert command.replace("${PORT:-8000}", "8000") in words
