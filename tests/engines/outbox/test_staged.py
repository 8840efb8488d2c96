"""A dump of production's outbox, opened where staging is set: nobody else is mailed from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import Message, Receipt
from flask_mailwright.testing import SMTPServer
from tests.engines.outbox.apps import app_on
from tests.engines.outbox.databases import NAMES, outbox_url
from tests.testing.raw_client import eventually

NOBODY = "smtp://127.0.0.1:1"
CUSTOMERS = ["ann@customer.test", "bob@customer.test"]
ALLOWED, TESTER = "eve@example.org", "tom@qa.example.com"
QA = "qa@example.net"
LISTED = {"MAIL_ALLOWED_RECIPIENTS": "eve@example.org, *.example.com"}
REDIRECTED = {"MAIL_REDIRECT_TO": QA}


@pytest.fixture(params=NAMES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An outbox of its own in each of them."""
    with outbox_url(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay of both, so that a mail that leaves is seen."""
    with SMTPServer() as running:
        yield running


def queued(url: str, *messages: Message) -> list[str]:
    """In production, where nobody has delivered them yet; their ids."""
    with app_on(url, NOBODY, MAIL_WORKER="external") as mail:
        return [mail.send_later(message).id for message in messages]


def staged(url: str, server: SMTPServer, ids: list[str], **settings: Any) -> list[Receipt]:
    """What staging makes of them."""
    with app_on(url, server.url, **settings) as mail:
        assert mail.flush(20)
        return [mail.ticket(each).wait(10) for each in ids]


def mixed(subject: str = "Sale") -> Message:
    """For customers and for those who are allowed, in each of the fields."""
    message = Message(subject, [CUSTOMERS[0], ALLOWED], "Hello")
    message.cc, message.bcc = [CUSTOMERS[1]], [TESTER, "Carl@customer.test"]
    return message


def reached(server: SMTPServer) -> list[set[str]]:
    """Whom each mail that came was for."""
    return [set(mail.recipients) for mail in server.mails]


def actions(receipt: Receipt) -> dict[str, str]:
    """What became of each recipient."""
    return {reply.address: reply.action for reply in receipt.replies}


def test_the_allowed_alone_are_mailed(url: str, server: SMTPServer) -> None:
    """By address and by domain, in To, Cc and Bcc; of the others each is told."""
    ids = queued(url, mixed(), Message("Hi", CUSTOMERS, "Hello"))
    some, none = staged(url, server, ids, **LISTED)
    assert reached(server) == [{ALLOWED, TESTER}]
    assert actions(some) == {
        CUSTOMERS[0]: "suppressed",
        ALLOWED: "relayed",
        CUSTOMERS[1]: "suppressed",
        TESTER: "relayed",
        "Carl@customer.test": "suppressed",
    }
    assert set(actions(none).values()) == {"suppressed"}


def test_the_others_are_redirected(url: str, server: SMTPServer) -> None:
    """One copy for all of them, which names them; the allowed keep theirs as it was."""
    ids = queued(url, mixed())
    (receipt,) = staged(url, server, ids, **LISTED, **REDIRECTED)
    contents = {min(mail.recipients): mail.content for mail in server.mails}
    assert sorted(map(sorted, reached(server))) == [[ALLOWED, TESTER], [QA]]
    kept, copy = contents[ALLOWED], contents[QA]
    named = ", ".join([*CUSTOMERS, "Carl@customer.test"])
    assert b"Redirected" not in kept
    assert copy.endswith(kept)
    assert copy.removesuffix(kept).split() == f"X-Mailwright-Redirected: {named}".encode().split()
    assert set(actions(receipt).values()) == {"relayed"}


def test_what_was_noted_at_the_seal_does_not_count(url: str, server: SMTPServer) -> None:
    """Settings that have changed since hold for the mail that waits."""
    with app_on(url, NOBODY, MAIL_WORKER="external", MAIL_REDIRECT_TO=CUSTOMERS[1]) as mail:
        ids = [mail.send_later(mixed()).id]
    staged(url, server, ids, **LISTED)
    assert reached(server) == [{ALLOWED, TESTER}]


def test_a_mail_that_was_tried_before(url: str, server: SMTPServer) -> None:
    """Who still waits for a second try in production is not tried again."""
    with SMTPServer() as production:
        production.refuse("rcpt", 451, times=None)
        with app_on(url, production.url) as mail:
            ticket = mail.send_later(mixed())
            assert eventually(lambda: any("RCPT" in said for said in production.commands))
        assert not production.mails
    staged(url, server, [ticket.id], **LISTED, **REDIRECTED)
    assert set.union(*reached(server)) == {ALLOWED, TESTER, QA}
