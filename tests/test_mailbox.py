"""What an app sends, and when the development mailbox has it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import Mail, MailError
from flask_mailwright.flask_mail import Mail as FlaskMailsMail
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports.console import ConsoleTransport
from flask_mailwright.web.kept import Kept
from flask_mailwright.web.store import Store
from flask_mailwright.web.transport import MailboxTransport
from tests.apps import BOB, SENDER, hello


def make(tmp_path: Path, *, debug: bool = True, **config: Any) -> tuple[Flask, Mail]:
    """An app in development, with nothing said about relays."""
    app = Flask("shop", instance_path=str(tmp_path))
    app.config.update({"MAIL_DEFAULT_SENDER": SENDER, "MAIL_ENGINE": "threads", **config})
    app.debug = debug
    return app, Mail(app)


def kept(app: Flask) -> list[Kept]:
    """What the mailbox has, the newest first."""
    store: Store = app.extensions["mailwright"].capture.store
    found = [store.find(listed.number) for listed in store.newest()]
    return [each for each in found if each is not None]


def answers(app: Flask) -> list[list[str]]:
    """What became of them."""
    return [[reply.action for reply in each.listed.replies] for each in kept(app)]


def test_without_a_relay_it_is_one(tmp_path: Path) -> None:
    """Nothing leaves the machine, and nothing is lost."""
    app, mail = make(tmp_path)
    receipt = mail.send(hello())
    assert receipt.relayed[0].text == "kept in the development mailbox"
    ticket = mail.send_later(hello(subject="Later"))
    assert ticket.wait(5).relayed
    assert mail.flush(5)
    assert [each.listed.subject for each in kept(app)] == ["Later", "Hi"]
    mail.close()
    assert answers(app) == [["relayed"], ["relayed"]]


def test_a_mail_that_cannot_be_kept_has_failed(tmp_path: Path) -> None:
    """It would be nowhere."""
    (tmp_path / "mailbox.sqlite").mkdir()
    with pytest.raises(MailError, match="mailbox"):
        make(tmp_path)[1].send(hello())


def test_beside_a_relay_it_has_copies(tmp_path: Path) -> None:
    """With the relay's words, and the endpoint that sent it; refused mail too."""
    with SMTPServer() as server:
        server.refuse("rcpt", 550, times=None, address=BOB)
        app, mail = make(tmp_path, MAIL_URL=server.url)

        @app.post("/order")
        def order() -> str:
            mail.send(hello())
            return ""

        assert app.test_client().post("/order").status_code == 200
        with pytest.raises(MailError):
            mail.send(hello(BOB))
        assert len(list(mail.send_many([hello(subject="Many"), hello(BOB)]))) == 2
    found = kept(app)
    assert [each.listed.endpoint for each in found] == ["", "", "", "order"]
    assert answers(app) == [["failed"], ["relayed"], ["failed"], ["relayed"]]
    assert "550" in found[0].listed.error


def test_a_mail_of_an_outbox(tmp_path: Path) -> None:
    """It is there while it waits, and learns what became of it from whoever delivers."""
    with SMTPServer() as server:
        app, mail = make(
            tmp_path, MAIL_URL=server.url, MAIL_ENGINE="outbox", MAIL_WORKER="external"
        )
        with app.test_request_context():
            mail.send_later(hello())
        assert answers(app) == [[]]
        assert mail.flush(10)
        assert answers(app) == [["relayed"]]
        mail.close()


def test_suppressed_mail(tmp_path: Path) -> None:
    """It is shown as what it is."""
    app, mail = make(tmp_path, MAIL_SUPPRESS_SEND=True)
    mail.send(hello())
    mail.send_later(hello())
    assert answers(app) == [["suppressed"], ["suppressed"]]


@pytest.mark.parametrize(
    ("debug", "config", "status"),
    [
        (True, {}, 200),
        (False, {}, 404),
        (False, {"MAIL_MAILBOX": "true"}, 200),
        (True, {"MAIL_MAILBOX": "false"}, 404),
    ],
)
def test_when_it_is_on(tmp_path: Path, debug: bool, config: dict[str, Any], status: int) -> None:
    """In debug, or as MAIL_MAILBOX says; else there is no page and no file."""
    app, mail = make(tmp_path, debug=debug, MAIL_URL="memory:", **config)
    mail.send(hello())
    assert app.test_client().get("/_mail/").status_code == status
    assert (tmp_path / "mailbox.sqlite").exists() == (status == 200)


def test_debug_may_be_set_late(tmp_path: Path) -> None:
    """As `app.run(debug=True)` does."""
    app, mail = make(tmp_path, debug=False, MAIL_URL="memory:")
    app.debug = True
    mail.send(hello())
    assert app.test_client().get("/_mail/").status_code == 200
    assert len(kept(app)) == 1


def test_without_a_mailbox_it_is_the_console(tmp_path: Path) -> None:
    """MAIL_MAILBOX=false, in debug; and no rule is added to the app."""
    app, _ = make(tmp_path, MAIL_MAILBOX=False)
    routes = app.extensions["mailwright"].config.routes
    assert isinstance(routes.over(""), ConsoleTransport)
    assert "mailwright" not in app.blueprints


def test_a_copys_trouble_is_not_the_mails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One warning, and the mail goes."""
    (tmp_path / "mailbox.sqlite").mkdir()
    app, mail = make(tmp_path, MAIL_URL="memory:")
    assert mail.send(hello()).relayed
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert {record.levelname for record in told} == {"WARNING"}
    del app


def test_one_line_says_where_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In the app's log, which is shown in debug; commands are not disturbed by it."""
    caplog.set_level(logging.INFO)
    app, _ = make(tmp_path)
    line = "mail goes to the development mailbox, /_mail/ (app.debug is set, MAIL_URL and"
    assert [m for m in caplog.messages if m.startswith(line)]
    caplog.clear()
    make(tmp_path, MAIL_URL="memory:")
    assert not caplog.messages
    assert isinstance(app.extensions["mailwright"].config.routes.over(""), MailboxTransport)


FLASK = [sys.executable, "-m", "flask", "--app", "served"]
SERVED = """
from flask import Flask
from flask_mailwright import Mail
app = Flask("served", instance_path={folder!r})
mail = Mail(app)
"""


@pytest.mark.parametrize("reload", ["--no-reload", "--reload"])
def test_flask_run_tells_the_whole_url(tmp_path: Path, reload: str) -> None:
    """With the port it was told, once, though two processes run the app to reload it."""
    (tmp_path / "served.py").write_text(SERVED.format(folder=str(tmp_path)))
    command = [*FLASK, "--debug", "run", reload, "--port", "0", "--host", "localhost"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        told = list(takewhile(lambda line: "CTRL+C" not in line, lines))
        if reload == "--reload":
            told += list(takewhile(lambda line: "Debugger" not in line, lines))
        os.killpg(process.pid, signal.SIGKILL)
    assert "".join(told).count("http://localhost:0/_mail/") == 1


def test_commands_do_not_tell(tmp_path: Path) -> None:
    """What they print may be read by a program."""
    (tmp_path / "served.py").write_text(SERVED.format(folder=str(tmp_path)))
    command = [*FLASK, "--debug", "mail", "--help"]
    run = subprocess.run(command, capture_output=True, cwd=tmp_path, text=True, check=True)
    assert "_mail/" not in run.stderr + run.stdout


def test_flask_mails_face_has_it_too(tmp_path: Path) -> None:
    """`init_app` twice is one mailbox."""
    app = Flask("shop", instance_path=str(tmp_path))
    app.config.update(MAIL_DEFAULT_SENDER=SENDER, MAIL_URL="memory:")
    app.debug = True
    mail = FlaskMailsMail(app)
    mail.init_app(app)
    with app.app_context():
        mail.send(hello())
    assert answers(app) == [["relayed"]]
