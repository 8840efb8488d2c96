"""`send_later` with a plan: kept by the outbox, refused by engines that would forget it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import Mail, Message, MessageError
from flask_mailwright.testing import SMTPServer
from tests.apps import SENDER, hello
from tests.testing.raw_client import eventually


def app_with_outbox(folder: Path, **config: Any) -> tuple[Flask, Mail]:
    """Its outbox is a file in `folder`."""
    app = Flask("flasky", instance_path=str(folder))
    app.config.update(MAIL_ENGINE="outbox", MAIL_DEFAULT_SENDER=SENDER, **config)
    return app, Mail(app)


@pytest.fixture
def inline() -> Iterator[Mail]:
    """An app whose engine delivers before the call returns."""
    app = Flask("flasky")
    app.config.update(MAIL_ENGINE="inline", MAIL_URL="memory:", MAIL_DEFAULT_SENDER=SENDER)
    mail = Mail(app)
    with app.app_context():
        yield mail


@pytest.mark.parametrize(
    "plan",
    [{"at": timedelta(hours=1)}, {"expires": timedelta(hours=1)}, {"key": "a"}],
    ids=lambda plan: next(iter(plan)),
)
def test_an_engine_without_memory_refuses_a_plan(plan: dict[str, Any], inline: Mail) -> None:
    """A mail for tomorrow that goes now would be worse than an error."""
    with pytest.raises(MessageError, match=f"{next(iter(plan))} needs an engine"):
        inline.send_later(hello(), **plan)


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        ({"at": datetime.now()}, "at must be a timedelta or a datetime with its time zone"),  # noqa: DTZ005
        ({"at": "tomorrow"}, "at must be a timedelta"),
        ({"expires": timedelta(0)}, "expires lies before"),
        ({"at": timedelta(2), "expires": timedelta(1)}, "expires lies before"),
        ({"key": ""}, "key '' must be a text"),
        ({"key": 7}, "key 7 must be a text"),
    ],
)
def test_a_plan_that_cannot_be(plan: dict[str, Any], fault: str, inline: Mail) -> None:
    """It is refused before anything is stored."""
    with pytest.raises(MessageError, match=fault):
        inline.send_later(hello(), **plan)


def test_a_mail_reaches_the_relay_through_the_outbox(tmp_path: Path) -> None:
    """Stored, delivered over SMTP, and found again by another Mail of the same app."""
    with SMTPServer() as server:
        _, mail = app_with_outbox(tmp_path, MAIL_URL=server.url)
        ticket = mail.send_later(hello(), at=datetime.now(UTC))
        assert ticket.wait(10).relayed[0].code == 250
        mail.close()
        _, another = app_with_outbox(tmp_path, MAIL_URL=server.url)
        assert another.ticket(ticket.id).status() == "done"
        another.close()
        assert len(server.mails) == 1


def test_many_are_stored_together(tmp_path: Path) -> None:
    """One that fails its checks has a ticket too, in its place; a key is asked for each."""
    with SMTPServer() as server:
        _, mail = app_with_outbox(tmp_path, MAIL_URL=server.url)
        messages = [hello(subject="a"), Message("nobody"), hello(subject="b"), hello(subject="a")]
        tickets = list(mail.send_many_later(messages, key=lambda message: message.subject))
        assert mail.flush(10)
        assert [ticket.status() for ticket in tickets] == ["done", "failed", "done", "done"]
        assert tickets[0].id == tickets[3].id
        mail.close()
        assert len(server.mails) == 2


def test_the_first_request_delivers_what_was_left(tmp_path: Path) -> None:
    """A restart needs no new mail."""
    with SMTPServer() as server:
        _, mail = app_with_outbox(tmp_path, MAIL_URL=server.url)
        mail.send_later(hello(), at=timedelta(seconds=0.5))
        mail.close()
        app, mail = app_with_outbox(tmp_path, MAIL_URL=server.url)
        app.test_client().get("/")
        assert eventually(lambda: len(server.mails) == 1, within=10)
        mail.close()


def test_what_is_suppressed_is_not_stored(tmp_path: Path) -> None:
    """No outbox, no connection."""
    app, mail = app_with_outbox(tmp_path, MAIL_URL="memory:")
    app.testing = True
    assert mail.send_later(hello(), at=timedelta(hours=1)).wait(1).suppressed
    assert list(tmp_path.iterdir()) == []
