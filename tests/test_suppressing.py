"""Mail that stays here: the whole road without its last step."""

from typing import Any

import pytest

from flask_mailwright import ConfigError, Mail, Message, MessageError, Receipt, email_dispatched
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, hello, kept, make_mail

SENDS = ("send", "send_later", "send_many", "send_many_later", "connect")


def receipt_of(mail: Mail, call: str, message: Message) -> Receipt:
    """Send it this way."""
    if call == "send":
        return mail.send(message)
    if call == "send_later":
        return mail.send_later(message).wait(0)
    if call == "send_many":
        return next(mail.send_many([message]))
    if call == "send_many_later":
        return next(mail.send_many_later([message])).wait(0)
    with mail.connect() as connection:
        return connection.send(message)


@pytest.mark.parametrize("call", SENDS)
def test_nothing_is_connected(call: str) -> None:
    """`app.testing` set after `init_app` counts; each reply says suppressed, and no error."""
    with SMTPServer() as server:
        app, mail = make_mail(MAIL_URL=server.url)
        app.testing = True
        receipt = receipt_of(mail, call, Message("Hi", [ANN], "Hello", bcc=[BOB]))
        assert server.connections == 0
    assert [reply.address for reply in receipt.suppressed] == [ANN, BOB]
    assert receipt.error is None
    assert receipt.relayed == ()


@pytest.mark.parametrize("call", SENDS)
def test_a_broken_mail_fails_its_test(call: str) -> None:
    """It is checked and sealed as in production."""
    app, mail = make_mail(MAIL_SUPPRESS_SEND=True)
    message = Message("a\nb", ["nobody"])
    if "many" in call:
        assert isinstance(receipt_of(mail, call, message).error, MessageError)
    else:
        with pytest.raises(MessageError):
            receipt_of(mail, call, message)
    assert kept(app) == []


@pytest.mark.parametrize("call", SENDS)
def test_email_dispatched_is_sent(call: str) -> None:
    """Tests that listen to Flask-Mail's signal hear of every suppressed mail."""
    app, mail = make_mail(MAIL_SUPPRESS_SEND="yes")
    heard: list[str] = []
    with email_dispatched.connected_to(lambda app, message: heard.append(message.subject), app):
        receipt_of(mail, call, hello())
    assert heard == ["Hi"]


@pytest.mark.parametrize(
    ("value", "testing", "suppressed"),
    [
        (None, False, False), (None, True, True), ("", True, True), ("", False, False),
        (False, True, False), ("false", True, False), (0, True, False),
        (True, False, True), ("True", False, True), ("1", False, True),
    ],
)  # fmt: skip
def test_a_value_that_is_set_wins(value: Any, testing: bool, suppressed: bool) -> None:
    """Either way; otherwise `app.testing` decides."""
    app, mail = make_mail(MAIL_SUPPRESS_SEND=value)
    app.testing = testing
    assert bool(mail.send(hello()).suppressed) is suppressed
    assert len(kept(app)) == (not suppressed)


def test_it_is_asked_at_each_send() -> None:
    """A test may switch it for a while."""
    app, mail = make_mail()
    for value in (True, False, True):
        app.config["MAIL_SUPPRESS_SEND"] = value
        mail.send(hello())
    app.config["MAIL_SUPPRESS_SEND"] = "perhaps"
    with pytest.raises(ConfigError, match="MAIL_SUPPRESS_SEND must be true or false"):
        mail.send(hello())
    assert len(kept(app)) == 1


def test_a_ticket_is_done() -> None:
    """Nothing was queued: no thread runs, and the engine knows nothing of it."""
    app, mail = make_mail(MAIL_SUPPRESS_SEND=True)
    ticket = mail.send_later(hello())
    assert ticket.status() == "done"
    assert ticket.cancel() is False
    assert app.extensions["mailwright"].engine.ticket(ticket.id) is None
    assert mail.flush(0)
