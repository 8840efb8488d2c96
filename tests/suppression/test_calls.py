"""Who is on the suppression list gets no mail, by every call and engine, and all others theirs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import Mail, Message, Receipt, SealedMail
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, make_mail

CALLS = ("send", "send_later", "send_many", "send_many_later", "connect")
ENGINES = ("inline", "threads", "outbox")


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay."""
    with SMTPServer() as found:
        yield found


@pytest.fixture
def config(tmp_path: Path, server: SMTPServer) -> dict[str, Any]:
    """With an outbox, or a place for one."""
    return {
        "MAIL_URL": server.url,
        "MAIL_OUTBOX_URL": f"sqlite:///{tmp_path}/outbox.sqlite",
    }


def sent(mail: Mail, call: str, *messages: Message) -> list[Receipt]:
    """By this call."""
    if call == "send":
        return [mail.send(message) for message in messages]
    if call == "send_later":
        return [mail.send_later(message).wait(10) for message in messages]
    if call == "send_many":
        return list(mail.send_many(messages))
    if call == "send_many_later":
        return [ticket.wait(10) for ticket in mail.send_many_later(messages)]
    with mail.connect() as connection:
        return [connection.send(message) for message in messages]


def to_both(subject: str = "Hi") -> Message:
    """Ann, and Bob in Bcc."""
    message = Message(subject, [ANN], "Hello")
    message.bcc = [BOB]
    return message


def answers(receipt: Receipt) -> list[tuple[str, str]]:
    """Each reply."""
    return [(reply.address, reply.action) for reply in receipt.replies]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("call", CALLS)
def test_the_others_get_theirs(
    call: str, engine: str, config: dict[str, Any], server: SMTPServer
) -> None:
    """Each recipient is told; who is suppressed for which list, and not why."""
    _, mail = make_mail(**config, MAIL_ENGINE=engine)
    assert mail.suppress("ANN@Example.com", "she shouted at us")
    assert not mail.suppress(ANN, "again")
    receipts = sent(mail, call, to_both(), to_both(), Message("Ho", [ANN], "Hello"))
    mail.close()
    both = [(ANN, "suppressed"), (BOB, "relayed")]
    assert [answers(receipt) for receipt in receipts] == [both, both, [(ANN, "suppressed")]]
    assert [receipt.error for receipt in receipts] == [None] * 3
    assert receipts[0].suppressed[0].text == "on the suppression list"
    assert [mail.recipients for mail in server.mails] == [(BOB,)] * 2


@pytest.mark.parametrize("engine", ENGINES)
def test_one_who_is_back_gets_mail_again(engine: str, config: dict[str, Any]) -> None:
    """At once in the process that took him back."""
    _, mail = make_mail(**config, MAIL_ENGINE=engine)
    mail.suppress(ANN, "away")
    assert mail.send(Message("1", [ANN], "Hello")).is_suppressed
    assert mail.unsuppress(ANN)
    assert not mail.unsuppress(ANN)
    assert mail.send(Message("2", [ANN], "Hello")).relayed
    mail.close()


def of_list(mail: SealedMail, name: str = "news") -> SealedMail:
    """The same as one of a list."""
    return mail._replace(list=name)
