"""When a process begins to deliver: with its first request, if there may be anything to deliver."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

from flask import Flask

from flask_mailwright import Mail, Message
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, SENDER
from tests.testing.raw_client import eventually


def make_app(folder: Path, url: str) -> tuple[Flask, Mail]:
    """A shop with the outbox in its instance folder."""
    app = Flask("shop", instance_path=str(folder))
    app.config.update(MAIL_URL=url, MAIL_DEFAULT_SENDER=SENDER)
    app.add_url_rule("/", "index", lambda: "hello")
    return app, Mail(app)


def test_who_never_queues_mail_has_no_outbox(tmp_path: Path) -> None:
    """No file, no thread, and an app that nobody holds is gone."""
    before = set(threading.enumerate())
    app, mail = make_app(tmp_path, "smtp://127.0.0.1:1")
    app.test_client().get("/")
    assert list(tmp_path.iterdir()) == []
    assert set(threading.enumerate()) <= before
    gone = weakref.ref(app)
    del app, mail
    gc.collect()
    assert gone() is None


def test_what_another_process_left_goes_with_the_first_request(tmp_path: Path) -> None:
    """Its file is there."""
    with SMTPServer() as server:
        _, mail = make_app(tmp_path, "smtp://127.0.0.1:1")
        mail.send_later(Message("Hi", [ANN], "Hello"))
        mail._state().engine._here.end()  # type: ignore[attr-defined]
        app, later = make_app(tmp_path, server.url)
        app.test_client().get("/")
        assert eventually(lambda: server.count == 1, 20)
        later.close()
