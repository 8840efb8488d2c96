"""Staging as an application has it: every call that sends obeys, and the settings are enough."""

import logging
from collections.abc import Iterator

import pytest

from flask_mailwright import (
    DeliveryError,
    Mail,
    Message,
    Receipt,
    email_dispatched,
    email_queued,
    email_relayed,
)
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, make_mail, parsed

QA = "qa@example.org"
SENDS = ("send", "send_later", "send_many", "send_many_later", "connect")


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay."""
    with SMTPServer() as found:
        yield found


@pytest.fixture(params=["threads", "inline"])
def engine(request: pytest.FixtureRequest) -> str:
    """Those without a database; the outbox has tests of its own."""
    return str(request.param)


def receipt_of(mail: Mail, call: str, message: Message) -> Receipt:
    """Send it this way."""
    if call == "send":
        return mail.send(message)
    if call == "send_later":
        return mail.send_later(message).wait(5)
    if call == "send_many":
        return next(mail.send_many([message]))
    if call == "send_many_later":
        return next(mail.send_many_later([message])).wait(5)
    with mail.connect() as connection:
        return connection.send(message)


def to_all() -> Message:
    """In every way in which a message names its recipients."""
    return Message("Hi", [ANN, BOB], "Hello", cc=["carl@x.test"], bcc=["eve@example.net"])


@pytest.mark.parametrize("call", SENDS)
def test_all_others_get_nothing(call: str, server: SMTPServer, engine: str) -> None:
    """Without a redirect they are suppressed: no RCPT names them."""
    _, mail = make_mail(
        MAIL_URL=server.url, MAIL_ENGINE=engine, MAIL_ALLOWED_RECIPIENTS=f"{ANN},*.test"
    )
    receipt = receipt_of(mail, call, to_all())
    mail.close()
    assert receipt.error is None
    assert [reply.address for reply in receipt.relayed] == [ANN, "carl@x.test"]
    assert [reply.address for reply in receipt.suppressed] == [BOB, "eve@example.net"]
    assert not any(BOB in line or "eve" in line for line in server.commands)


@pytest.mark.parametrize("call", SENDS)
def test_all_others_mail_is_redirected(call: str, server: SMTPServer, engine: str) -> None:
    """With everybody's name on top, and no RCPT for him."""
    _, mail = make_mail(MAIL_URL=server.url, MAIL_ENGINE=engine, MAIL_REDIRECT_TO=QA)
    receipt = receipt_of(mail, call, to_all())
    mail.close()
    (came,) = server.mails
    assert came.recipients == (QA,)
    everybody = [ANN, BOB, "carl@x.test", "eve@example.net"]
    assert parsed(came)["X-Mailwright-Redirected"] == ", ".join(everybody)
    assert parsed(came)["To"] == f"{ANN}, {BOB}"
    assert [reply.address for reply in receipt.relayed] == everybody
    assert receipt.relayed[0].text.startswith(f"redirected to {QA}: ok: queued as ")


@pytest.mark.parametrize("call", SENDS)
def test_a_mail_for_nobody_is_no_error(call: str, server: SMTPServer, engine: str) -> None:
    """As with MAIL_SUPPRESS_SEND, and without a connection."""
    _, mail = make_mail(MAIL_URL=server.url, MAIL_ENGINE=engine, MAIL_ALLOWED_RECIPIENTS=ANN)
    receipt = receipt_of(mail, call, Message("Hi", [BOB], "Hello"))
    mail.close()
    assert receipt.is_suppressed
    assert receipt.error is None
    assert server.connections == 0


@pytest.mark.parametrize("call", SENDS)
def test_suppress_send_still_wins(call: str, server: SMTPServer, engine: str) -> None:
    """Nobody gets anything, the allowed neither."""
    _, mail = make_mail(
        MAIL_URL=server.url,
        MAIL_ENGINE=engine,
        MAIL_ALLOWED_RECIPIENTS=ANN,
        MAIL_REDIRECT_TO=QA,
        MAIL_SUPPRESS_SEND=True,
    )
    assert receipt_of(mail, call, to_all()).is_suppressed
    mail.close()
    assert server.connections == 0


def test_every_route_is_staged(server: SMTPServer) -> None:
    """Also one that is named later."""
    _, mail = make_mail(
        MAIL_URL="memory:", MAIL_ROUTES=lambda name: server.url, MAIL_REDIRECT_TO=QA
    )
    message = Message("Hi", [BOB], "Hello")
    message.route = "newsletter"
    mail.send(message)
    mail.close()
    assert [each.recipients for each in server.mails] == [(QA,)]


def test_a_redirect_that_fails_is_an_error(server: SMTPServer) -> None:
    """Nobody got it; the answer is each recipient's."""
    server.refuse("rcpt", 550, address=QA)
    _, mail = make_mail(MAIL_URL=server.url, MAIL_REDIRECT_TO=QA)
    with pytest.raises(DeliveryError, match=f"{QA}: failed 550") as caught:
        mail.send(Message("Hi", [ANN, BOB], "Hello"))
    mail.close()
    assert [reply.address for reply in caught.value.replies] == [ANN, BOB]


def test_who_gets_it_instead_is_noted_at_the_seal(server: SMTPServer) -> None:
    """Who listens to signals can see it before anything is delivered."""
    app, mail = make_mail(MAIL_URL=server.url, MAIL_ALLOWED_RECIPIENTS=ANN, MAIL_REDIRECT_TO=QA)
    noted: list[object] = []

    def listen(app: object, mail: object, ticket: object) -> None:
        noted.append(mail.envelope)  # type: ignore[attr-defined]

    with email_queued.connected_to(listen, app):
        mail.send_later(Message("Hi", [ANN, BOB], "Hello")).wait(5)
    mail.close()
    (envelope,) = noted
    assert [each.instead for each in envelope.recipients] == [None, (QA,)]  # type: ignore[attr-defined]


def test_what_is_told_of_a_mail_in_part_suppressed(
    server: SMTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """One signal for each who has it, and a log line that counts right."""
    caplog.set_level(logging.INFO, "flask_mailwright")
    app, mail = make_mail(MAIL_URL=server.url, MAIL_ALLOWED_RECIPIENTS=ANN)
    heard: list[str] = []

    def listen(app: object, mail: object, reply: object) -> None:
        heard.append(str(reply))

    with email_relayed.connected_to(listen, app):
        receipt = mail.send(to_all())
    mail.close()
    assert heard == [f"{ANN}: relayed 250 2.0.0 ok: queued as 1"]
    assert caplog.messages == [
        f"{receipt.message_id} relayed to 1 of 4 recipients, suppressed for the others:"
        " ok: queued as 1"
    ]


def test_email_dispatched_is_not_sent_for_a_part(server: SMTPServer) -> None:
    """`send_many` tells only of mail that is suppressed as a whole, as it does under testing."""
    app, mail = make_mail(MAIL_URL=server.url, MAIL_ALLOWED_RECIPIENTS=ANN)
    heard: list[str] = []
    with email_dispatched.connected_to(lambda app, message: heard.append(message.subject), app):
        receipts = mail.send_many([Message("part", [ANN, BOB]), Message("whole", [BOB])])
        assert [receipt.is_suppressed for receipt in receipts] == [False, True]
    mail.close()
    assert heard == ["whole"]
