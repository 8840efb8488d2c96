"""The fixtures, in a pytest of their own, as a project that has installed us runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SHOP = """
from flask import Flask
from flask_mailwright import Mail, Message

mail = Mail()

def make_app(name="shop", **config):
    app = Flask(name)
    app.config.update(config, MAIL_DEFAULT_SENDER="shop@example.com", MAIL_ENGINE="threads")
    mail.init_app(app)
    return app
"""
SHUFFLED = """
import os, random

def pytest_collection_modifyitems(items):
    random.Random(os.environ["ORDER"]).shuffle(items)  # the same in all processes
"""
MANY = """
import threading
import pytest
from shop import Message, mail, make_app

APPS = [make_app("one"), make_app("two")]

def send(number, app):
    with app.app_context():
        mail.send(Message(f"{number} now", ["ann@example.com"], "Hello"))
        mail.send_later(Message(f"{number} later", ["ann@example.com"], "Hello"))

@pytest.mark.parametrize("number", range(200))
def test_each(number, mailbox):
    app = APPS[number % 2]
    thread = threading.Thread(target=send, args=(f"{number} thread", app))
    thread.start()
    send(number, app)
    thread.join()
    names = [f"{number} {what}" for what in ("now", "later", "thread now", "thread later")]
    assert sorted(mail.subject for mail in mailbox) == sorted(names)
    assert {mail.app for mail in mailbox} == {app.name}
"""
FIXTURES = """
from shop import Message, mail, make_app

def test_mailbox(mailbox, mail_outbox):
    with make_app().app_context():
        mail.send(Message("Hi", ["ann@example.com"], "Hello"))
    assert mailbox.one().subject == "Hi"
    assert mail_outbox is mailbox

def test_smtp_server(smtp_server):
    smtp_server.refuse("rcpt", 550, address="bob@example.com")
    with make_app(MAIL_URL=smtp_server.url).app_context():
        receipt = mail.send(Message("Hi", ["ann@example.com", "bob@example.com"], "Hello"))
    assert [reply.action for reply in receipt.replies] == ["relayed", "failed"]
    assert [mail.recipients for mail in smtp_server.mails] == [("ann@example.com",)]

def test_another(mailbox):
    mailbox.none()

def test_fails(mailbox):
    with make_app().app_context():
        mail.send(Message("Hi", ["ann@example.com"], "Hello"))
    mailbox.one(to="bob@example.com")
"""
UNUSED = """
import sys

def test_nothing():
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert "pytest_flask_mailwright" in loaded
    assert not {"flask", "flask_mailwright", "jinja2", "werkzeug"} & loaded
"""

OWN = """
import pytest
from flask_mailwright.testing import Mailbox

@pytest.fixture
def mailbox():
    return "a box of wood"

def test_both(mailbox, mail_outbox):
    assert mailbox == "a box of wood"
    assert isinstance(mail_outbox, Mailbox)
"""


def run(folder: Path, *arguments: str, **files: str) -> str:
    """What pytest says of a project with these files."""
    for name, source in files.items():
        (folder / f"{name}.py").write_text(source)
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path]), "ORDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return process.stdout + process.stderr


def test_the_fixtures(tmp_path: Path) -> None:
    """Are there without a line in the project, and a failure says what was sent."""
    said = run(tmp_path, shop=SHOP, test_shop=FIXTURES)
    assert "3 passed" in said
    assert "1 failed" in said
    assert "expected one mail with to='bob@example.com', found 0; sent were:" in said
    assert "1. 'Hi' to ann@example.com" in said


def test_a_project_with_a_mailbox_of_its_own(tmp_path: Path) -> None:
    """Has ours by the other name."""
    assert "1 passed" in run(tmp_path, test_own=OWN)


@pytest.mark.parametrize("processes", ["-n0", "-n4"])
def test_tests_are_apart(tmp_path: Path, processes: str) -> None:
    """200 that send from two threads and two apps, in any order, in one process and in four."""
    said = run(tmp_path, processes, shop=SHOP, test_many=MANY, conftest=SHUFFLED)
    assert re.search(r"\b200 passed", said), said


def test_a_project_that_does_not_use_it_loads_nothing(tmp_path: Path) -> None:
    """Neither Flask nor us; `benchmarks/plugin.py` tells what is left."""
    assert "1 passed" in run(tmp_path, test_nothing=UNUSED)
