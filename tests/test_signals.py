"""What an application may listen to."""

import threading
from typing import Any

import pytest
from flask import Flask, current_app

from flask_mailwright import (
    Message,
    Refused,
    before_send,
    email_dispatched,
    email_failed,
    email_in_doubt,
    email_queued,
    email_relayed,
)
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, hello, kept, make_mail, parsed

ALL = (before_send, email_dispatched, email_queued, email_relayed, email_failed, email_in_doubt)


class Listener:
    """Hears every signal of one app, and notes where it was called."""

    def __init__(self, app: Flask) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.threads: list[str] = []
        for signal in ALL:
            signal.connect(self._receiver(signal.name), app, weak=False)

    def _receiver(self, name: str) -> Any:
        def receive(app: Flask, **facts: Any) -> None:
            assert current_app._get_current_object() is app  # type: ignore[attr-defined]
            about = facts["reply"].address if "reply" in facts else None
            self.heard.append((name, about))
            self.threads.append(threading.current_thread().name)

        return receive


def test_send() -> None:
    """`before_send`, one `email_relayed` for each recipient, `email_dispatched`: in the caller."""
    app, mail = make_mail()
    listener = Listener(app)
    mail.send(Message("Hi", [ANN, BOB], "Hello"))
    assert listener.heard == [
        ("before-send", None),
        ("email-relayed", ANN),
        ("email-relayed", BOB),
        ("email-dispatched", None),
    ]
    assert set(listener.threads) == {threading.current_thread().name}


def test_send_later() -> None:
    """`email_queued` in the caller, the others in the thread that delivers; no `dispatched`."""
    app, mail = make_mail()
    listener = Listener(app)
    mail.send_later(hello()).wait(5)
    mail.close()
    caller = threading.current_thread().name
    assert sorted(zip(listener.heard, listener.threads, strict=True)) == [
        (("before-send", None), caller),
        (("email-queued", None), caller),
        (("email-relayed", ANN), "mailwright"),
    ]


def test_what_email_queued_tells() -> None:
    """The sealed mail and its ticket."""
    app, mail = make_mail()
    told: list[Any] = []
    with email_queued.connected_to(lambda app, mail, ticket: told.append((mail, ticket)), app):
        ticket = mail.send_later(hello())
    ((sealed, same),) = told
    assert (same, sealed.id, sealed.subject) == (ticket, ticket.id, "Hi")
    mail.close()


def test_failures_are_told_per_recipient() -> None:
    """The one who was refused and the one who was not each get their signal."""
    with SMTPServer() as server:
        app, mail = make_mail(MAIL_URL=server.url)
        listener = Listener(app)
        server.refuse("rcpt", 550, address=BOB)
        mail.send(Message("Hi", [ANN, BOB], "Hello"))
    assert listener.heard[1:3] == [("email-relayed", ANN), ("email-failed", BOB)]


def test_doubt_is_told() -> None:
    """The content went and no answer came."""
    with SMTPServer() as server:
        app, mail = make_mail(MAIL_URL=server.url)
        listener = Listener(app)
        server.drop("final_dot")
        assert mail.send_later(hello()).wait(5).in_doubt
        mail.close()
    assert ("email-in-doubt", ANN) in listener.heard


def test_other_apps_are_not_heard() -> None:
    """The sender of each signal is the Flask app."""
    (one, _), (_, two_mail) = make_mail(), make_mail()
    listener = Listener(one)
    two_mail.send(hello())
    assert listener.heard == []


def test_send_many_in_the_caller() -> None:
    """Each recipient is told when the mail is relayed, before its receipt is read."""
    app, mail = make_mail()
    listener = Listener(app)
    next(mail.send_many([hello(), hello()]))
    assert listener.heard == [("before-send", None), ("email-relayed", ANN)]


def _look_up(app: Flask, message: Message) -> None:
    raise KeyError("no such customer")


class TestBeforeSend:
    """The last word before a message is checked."""

    def test_it_may_change_the_message(self) -> None:
        """What leaves is changed; what the caller holds is not."""
        app, mail = make_mail()
        message = hello()

        def change(app: Flask, message: Message) -> None:
            message.subject = "Changed"
            message.add_recipient(BOB)
            message.extra_headers = {"X-App": app.name}

        with before_send.connected_to(change, app):
            mail.send(message)
        (sent,) = kept(app)
        assert (parsed(sent)["Subject"], parsed(sent)["X-App"]) == ("Changed", "flasky")
        assert parsed(sent)["To"] == f"{ANN}, {BOB}"
        assert (message.subject, message.recipients) == ("Hi", [ANN])

    @pytest.mark.parametrize("call", ["send", "send_later"])
    def test_it_may_refuse(self, call: str) -> None:
        """The reason is raised in the caller, and nothing is sent or queued."""
        app, mail = make_mail()

        def refuse(app: Flask, message: Message) -> None:
            raise Refused("not on a Sunday")

        with (
            before_send.connected_to(refuse, app),
            pytest.raises(Refused, match="not on a Sunday") as caught,
        ):
            getattr(mail, call)(hello())
        assert caught.value.kind == "invalid"
        assert (kept(app), mail.flush(0)) == ([], True)

    def test_its_own_errors_are_the_callers(self) -> None:
        """A check that breaks is no leave to send."""
        app, mail = make_mail()
        with (
            before_send.connected_to(_look_up, app),
            pytest.raises(KeyError),
        ):
            mail.send(hello())
        assert kept(app) == []


@pytest.mark.parametrize("signal", [email_relayed, email_dispatched, email_queued])
@pytest.mark.parametrize("call", ["send", "send_later"])
def test_a_receiver_that_raises_is_logged(
    signal: Any, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The mail is out, nobody is told otherwise, and the other receivers are called."""
    app, mail = make_mail(MAIL_ENGINE="inline")
    called: list[object] = []

    def raising(app: Flask, **facts: Any) -> None:
        raise KeyError("no such key")

    with signal.connected_to(raising, app), signal.connected_to(lambda app, **_: called.append(1)):
        getattr(mail, call)(hello())
    assert len(kept(app)) == 1
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == len(called)
    assert all(record.message == f"a receiver of {signal.name} failed" for record in errors)


def test_a_context_that_fails_after_the_250(caplog: pytest.LogCaptureFixture) -> None:
    """After the relay took the mail nothing can make a failure of it."""
    app, mail = make_mail()
    listener = Listener(app)
    with app.app_context():
        app.teardown_appcontext(_failing_teardown)
        ticket = mail.send_later(hello())
        assert ticket.wait(5).relayed
        mail.close()
        app.teardown_appcontext_funcs.clear()
    assert ("email-relayed", ANN) in listener.heard
    assert caplog.messages == ["the app context for receivers failed"]


def _failing_teardown(error: BaseException | None) -> None:
    raise KeyError("the database is away")


def test_the_log_has_a_line_for_each_attempt(caplog: pytest.LogCaptureFixture) -> None:
    """INFO when all were reached, with the relay's words; no address, no body."""
    caplog.set_level("INFO", "flask_mailwright")
    _, mail = make_mail()
    receipt = mail.send(hello())
    (line,) = caplog.messages
    assert line == f"{receipt.message_id} relayed to all 1 recipients: kept in memory"
