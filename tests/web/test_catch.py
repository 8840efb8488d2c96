"""`flask mail catch` feeds the mailbox of the app."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from smtplib import SMTP

from flask_mailwright.web.store import Store
from tests.web.mailbox import mail_of, make_box

APP = """
from flask import Flask
from flask_mailwright import Mail

app = Flask("shop", instance_path={folder!r})
app.config.from_prefixed_env()
mail = Mail(app)
"""


@contextmanager
def catching(folder: Path, **environment: str) -> Iterator[tuple[str, str]]:
    """The first line it prints, and the URL at which it listens."""
    (folder / "shop.py").write_text(APP.format(folder=str(folder / "instance")))
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "shop", "mail", "catch", "--port", "0"],
        cwd=folder,
        env={**os.environ, "FLASK_MAIL_DEFAULT_SENDER": "a@example.com", **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        found = re.search(r"MAIL_URL=(smtp://\S+?) ", first)
        assert found, first
        yield first, found[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def _send(url: str, content: bytes) -> None:
    host, _, port = url.removeprefix("smtp://").partition(":")
    with SMTP(host, int(port)) as client:
        client.sendmail("php@example.com", ["ann@example.com"], content)


def test_what_it_catches_is_in_the_mailbox(tmp_path: Path) -> None:
    """Also when it runs without debug itself; its opening line says where to look."""
    with catching(tmp_path) as (line, url):
        assert line.rstrip().endswith("and the app's /_mail shows them")
        _send(url, mail_of({"Subject": "From PHP", "Message-ID": "<1@php>"}))
    store = Store(tmp_path / "instance" / "mailbox.sqlite", "shop")
    (row,) = store.newest()
    assert (row.subject, row.source, row.status) == ("From PHP", "catch", "caught")
    store.close()


def test_mail_of_the_app_itself_is_there_once(tmp_path: Path) -> None:
    """Though the app keeps a copy as well, and the catcher has it first."""
    with catching(tmp_path) as (_, url):
        box = make_box(tmp_path, MAIL_URL=url)
        box.send("To myself")
        assert [(row.subject, row.status) for row in box.store.newest()] == [
            ("To myself", "relayed")
        ]
        box.store.close()
        box.mail.close()


def test_without_a_mailbox_it_only_prints(tmp_path: Path) -> None:
    """MAIL_MAILBOX=false means no copy anywhere."""
    with catching(tmp_path, FLASK_MAIL_MAILBOX="false") as (line, url):
        assert "/_mail" not in line
        _send(url, mail_of({"Subject": "From PHP"}))
    assert not (tmp_path / "instance" / "mailbox.sqlite").exists()
