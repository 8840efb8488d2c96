"""Thousands of mails in one `send_many`, through servers that nobody here wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flask import Flask

from flask_mailwright import Mail, Message, Reply, SealedMail, email_relayed
from tests.apps import make_mail
from tests.certificates import Certificates
from tests.judges.exim import Exim
from tests.judges.maildir import copies, delivered
from tests.judges.postfix import Postfix
from tests.testing.raw_client import eventually

MANY = 2000
BODIES = ["Hello\n", ".\n..\n.dots\n", "Zoë, 你好, 🎉\n", "x" * 3000, "trailing \n\n\n", ""]


def test_postfix_gets_each_mail_once(postfix: Postfix, certificates: Certificates) -> None:
    """2,000 mails from a generator: all relayed, in order, and each lies there once, unchanged."""
    check(postfix, certificates)


def test_exim_gets_each_mail_once(exim: Exim, certificates: Certificates) -> None:
    """The same; that Exim ends each talk after 200 mails with a 421 is not seen."""
    before = exim.log().count("too many messages in one connection")
    check(exim, certificates)
    assert exim.log().count("too many messages in one connection") > before


def check(server: Postfix | Exim, certificates: Certificates) -> None:
    """Send the newsletter, and compare receipts and deliveries with what was sealed."""
    before = server.accepted
    relayed, subjects = sent(*an_app(server, certificates))
    assert subjects == [f"Issue {number}" for number in range(MANY)]
    expected = Counter(copies(relayed))
    arrived = Counter(map(delivered, server.wait(MANY, timeout=60)))
    assert people(expected - arrived) == []
    assert people(arrived - expected) == []
    assert eventually(lambda: server.accepted >= before + MANY)
    assert server.accepted == before + MANY


def an_app(server: Postfix | Exim, certificates: Certificates) -> tuple[Flask, Mail]:
    """An application that sends over STARTTLS, with all defaults."""
    return make_mail(
        MAIL_SERVER="localhost",
        MAIL_PORT=server.port,
        MAIL_USE_TLS=True,
        MAIL_TLS_CA_FILE=str(certificates.ca_file),
    )


def sent(app: Flask, mail: Mail) -> tuple[list[SealedMail], list[str]]:
    """What was relayed, and the subjects of what the receipts tell of, in their order."""
    relayed: list[SealedMail] = []

    def note(app: Flask, mail: SealedMail, reply: Reply) -> None:
        relayed.append(mail)

    with email_relayed.connected_to(note, app):
        receipts = list(mail.send_many(newsletter()))
    assert [str(receipt.error) for receipt in receipts if receipt.error] == []
    subjects = {mail.message_id: mail.subject for mail in relayed}
    return relayed, [subjects[receipt.message_id] for receipt in receipts]


def newsletter() -> Iterator[Message]:
    """Numbered mails of several kinds and sizes."""
    for number in range(MANY):
        body = f"{number}\n{BODIES[number % len(BODIES)]}"
        message = Message(f"Issue {number}", [f"reader{number}@example.com"], body)
        if number % 4 == 0:
            message.html = f"<p>Issue <b>{number}</b></p>"
        if number % 50 == 0:
            message.attach("data.bin", "application/octet-stream", bytes(range(256)) * 200)
        yield message


def people(deliveries: Counter[tuple[str, bytes]]) -> list[str]:
    """To whom they went."""
    return [address for address, _ in deliveries.elements()]
