"""The same mails through servers that nobody here wrote."""

from __future__ import annotations

import pytest

from flask_mailwright import Receipt, SealedMail
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports.smtp import SmtpTransport
from tests.certificates import Certificates
from tests.judges.aiosmtpd_server import PASSWORD, USERNAME, AiosmtpdServer
from tests.judges.corpus import corpus
from tests.judges.exim import Exim
from tests.judges.maildir import copies, delivered
from tests.judges.postfix import Postfix


@pytest.fixture(scope="module")
def mails() -> list[SealedMail]:
    """The whole corpus, sealed once for all servers."""
    return list(corpus().values())


def deliver(relay: Relay, mails: list[SealedMail]) -> list[Receipt]:
    """All mails over one talk; every recipient must have been relayed."""
    receipts = list(SmtpTransport(relay).deliver_many(mails))
    assert [str(receipt.error) for receipt in receipts if receipt.error] == []
    return receipts


def people(mail: SealedMail) -> tuple[str, ...]:
    """Whom the envelope names."""
    return tuple(recipient.address for recipient in mail.envelope.recipients)


def test_our_own_server_gets_every_mail_unchanged(mails: list[SealedMail]) -> None:
    """The server that ships with us judges as the others do."""
    with SMTPServer() as server:
        deliver(Relay(server.host, server.port), mails)
        arrived = server.wait(len(mails))
    assert [mail.content for mail in arrived] == [mail.content for mail in mails]


def test_aiosmtpd_gets_every_mail_unchanged(
    mails: list[SealedMail], aiosmtpd_server: AiosmtpdServer, certificates: Certificates
) -> None:
    """Envelope and content arrive octet by octet, over STARTTLS and a login."""
    relay = Relay(
        "localhost",
        aiosmtpd_server.port,
        tls="starttls",
        username=USERNAME,
        password=Secret(PASSWORD),
        ca_file=str(certificates.ca_file),
    )
    deliver(relay, mails)
    for sent, came in zip(mails, aiosmtpd_server.wait(len(mails)), strict=True):
        assert came.reverse_path == (sent.envelope.reverse_path or "<>")
        assert came.recipients == people(sent)
        assert came.content == sent.content
        assert (came.tls, came.login) == (True, USERNAME)


def test_postfix_delivers_every_mail_unchanged(
    mails: list[SealedMail], postfix: Postfix, certificates: Certificates
) -> None:
    """Each recipient finds the content as it was sealed, behind the header fields of his server."""
    relay = Relay("localhost", postfix.port, tls="starttls", ca_file=str(certificates.ca_file))
    deliver(relay, mails)
    expected = sorted(copies(mails))
    assert sorted(map(delivered, postfix.wait(len(expected)))) == expected


def test_exim_delivers_every_mail_unchanged(
    mails: list[SealedMail], exim: Exim, certificates: Certificates
) -> None:
    """So does the other big one."""
    relay = Relay("localhost", exim.port, tls="starttls", ca_file=str(certificates.ca_file))
    deliver(relay, mails)
    expected = sorted(copies(mails))
    assert sorted(map(delivered, exim.wait(len(expected)))) == expected
