"""The same wire through servers that are not ours."""

from email import message_from_bytes

import pytest

from flask_mailwright.envelope import SealedMail
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.relay import Relay, Tls
from flask_mailwright.transports.smtp import SmtpTransport
from tests.certificates import Certificates
from tests.judges.aiosmtpd_server import PASSWORD, USERNAME, AiosmtpdServer
from tests.judges.exim import Exim
from tests.judges.postfix import Postfix
from tests.smtp.script import a_mail

HEAD = (
    b"From: me@example.com\r\n"
    b"To: ann@example.com\r\n"
    b"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@example.com>\r\n"
    b"\r\n"
)
CONTENTS = [
    b"",
    b".\r\n",
    b"..\r\n.\r\n...\r\n",
    b"no line end",
    b"\r\n\r\n.\r\n\r\n",
    b".\r\n" * 50_000,
    (b"x" * 998 + b"\r\n") * 300,
]


def mails() -> list[SealedMail]:
    """One mail per content, for two recipients each."""
    recipients = ("ann@example.com", "bob@example.net")
    return [a_mail(*recipients, content=HEAD + content) for content in CONTENTS]


def closed(content: bytes) -> bytes:
    """A content as it arrives: its last line has an end."""
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def test_aiosmtpd(aiosmtpd_server: AiosmtpdServer, certificates: Certificates) -> None:
    """STARTTLS, a login beyond ASCII and every content come through unchanged."""
    relay = Relay(
        aiosmtpd_server.host,
        aiosmtpd_server.port,
        "starttls",
        USERNAME,
        Secret(PASSWORD),
        ca_file=str(certificates.ca_file),
    )
    receipts = list(SmtpTransport(relay).deliver_many(mails()))
    assert [receipt.error for receipt in receipts] == [None] * len(CONTENTS)
    arrived = aiosmtpd_server.wait(len(CONTENTS))
    assert [mail.content for mail in arrived] == [closed(HEAD + each) for each in CONTENTS]
    assert all(mail.tls and mail.login == USERNAME for mail in arrived)
    assert {mail.recipients for mail in arrived} == {("ann@example.com", "bob@example.net")}


def test_aiosmtpd_refuses_a_login(
    aiosmtpd_server: AiosmtpdServer, certificates: Certificates
) -> None:
    """Its 535 is our configuration."""
    relay = Relay(
        aiosmtpd_server.host,
        aiosmtpd_server.port,
        "starttls",
        USERNAME,
        Secret("wrong"),
        ca_file=str(certificates.ca_file),
    )
    error = SmtpTransport(relay).deliver(a_mail()).error
    assert error is not None
    assert (error.kind, error.stage) == ("configuration", "auth")


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_postfix(postfix: Postfix, certificates: Certificates, tls: Tls) -> None:
    """Every content comes through unchanged, once per recipient."""
    relay = Relay(postfix.host, postfix.port, tls, ca_file=str(certificates.ca_file))
    check_deliveries(relay, postfix, "Delivered-To")


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_exim(exim: Exim, certificates: Certificates, tls: Tls) -> None:
    """Every content comes through unchanged, once per recipient."""
    relay = Relay(exim.host, exim.port, tls, ca_file=str(certificates.ca_file))
    check_deliveries(relay, exim, "Envelope-to")


def check_deliveries(relay: Relay, server: Postfix | Exim, field: str) -> None:
    """Send every content, and find each of them twice in the server's Maildir."""
    receipts = list(SmtpTransport(relay).deliver_many(mails()))
    assert [receipt.error for receipt in receipts] == [None] * len(CONTENTS)
    arrived = server.wait(2 * len(CONTENTS))
    for content in CONTENTS:
        expected = closed(HEAD + content).replace(b"\r\n", b"\n")
        assert sum(mail.endswith(b"\n" + expected) for mail in arrived) == 2
    assert {message_from_bytes(mail)[field] for mail in arrived} == {
        "ann@example.com",
        "bob@example.net",
    }
