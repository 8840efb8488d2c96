"""What people look at: debug pages, the development mailbox and the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.debug import DebuggedApplication
from werkzeug.test import Client

from flask_mailwright import Mail
from flask_mailwright.testing import SMTPServer
from tests.canary.noise import OURS, Noise
from tests.canary.planted import IN_URL, PASSWORD, PLANTED, SECRETS
from tests.canary.relays import answer, by_keys, config_for, message
from tests.web.mailbox import Box

KINDS = ["", "keys"]


@pytest.fixture(params=KINDS)
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    """An app in debug whose relay repeats the login that it refuses."""
    with SMTPServer(users={"nobody": "x"}) as server:
        server.fault("auth", answer(PASSWORD if request.param else IN_URL, 535), times=None)
        app = Flask("flasky", instance_path=str(tmp_path))
        app.config.update(config_for(server, **(by_keys(server) if request.param else {})))
        app.config["MAIL_ROUTES"] = None  # which log in with what this relay has never heard
        app.debug = True
        mail = Mail(app)
        app.add_url_rule("/send", "send", view_func=lambda: repr(mail.send(message())))
        mail.preview("hello")(message)
        yield Box(app, mail, app.test_client())
        mail.close()


def test_the_debugger(box: Box) -> None:
    """Its page, and what its console says of the variables of each frame."""
    box.app.config["PROPAGATE_EXCEPTIONS"] = True
    with Noise(SECRETS) as noise:
        debugged = DebuggedApplication(box.app, evalex=True)
        page = Client(debugged).get("/send")
        assert "DeliveryError" in page.text
        noise.show(page.text)
        frames = [
            each for each in debugged.frames.values() if OURS in getattr(each, "filename", "")
        ]
        noise.show(*[each.eval("dump()") for each in frames])
        assert len(frames) > 1
    assert noise.betrayals() == []


def test_the_mailbox(box: Box) -> None:
    """Each of its pages shows the mail, and how it failed, and no secret."""
    with Noise(SECRETS) as noise:
        ticket = box.mail.send_later(message())
        number = box.store.number_of(ticket.id)
        paths = ["/", "/live", "/delete-all", "/previews", "/previews/hello", "/nothing-here"]
        paths += [f"/{number}{rest}" for rest in ("", "/body", "/source.eml", "/part/1/file.txt")]
        for path in [*paths, *[f"/previews/hello/{rest}" for rest in ("body", "source.eml")]]:
            noise.show(box.get(path).text)
        for path in (f"/{number}/resend", "/previews/hello/send"):
            noise.show(box.get(path).text, box.post(path).text)
        assert "failed" in box.page(f"/{number}")
    assert noise.betrayals() == []


COMMANDS: list[tuple[str, ...]] = [
    ("check",),
    ("check", "--json"),
    ("check", "--migrate"),
    ("lint",),
    ("send-test", "ann@example.com"),
    ("send-test", "ann@example.com", "--route", "nowhere"),
    ("outbox", "list", "--json"),
]


def test_the_command_line(box: Box) -> None:
    """Whatever it is asked."""
    with Noise(PLANTED) as noise:
        for command in COMMANDS:
            result = box.app.test_cli_runner().invoke(args=["mail", *command])
            noise.show(result.output, result.stderr)
            if result.exception:
                noise.show_error(result.exception)
        assert any("535" in text for text in noise.seen)
    assert noise.betrayals() == []
