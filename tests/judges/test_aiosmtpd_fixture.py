import base64
import smtplib

import pytest

from tests.certificates import Certificates
from tests.judges.aiosmtpd_server import PASSWORD, USERNAME, AiosmtpdServer

CONTENT = "From: ann@example.com\r\nSubject: g\u00fcnstig\r\n\r\n.\r\n..dots\r\n".encode()


def test_mail_and_envelope_are_kept(aiosmtpd_server: AiosmtpdServer) -> None:
    """The content comes out byte by byte, beside the envelope and its options."""
    with smtplib.SMTP(aiosmtpd_server.host, aiosmtpd_server.port) as client:
        client.sendmail("ann@example.com", ["j\u00fc@example.com"], CONTENT, ["SMTPUTF8"])
    (mail,) = aiosmtpd_server.wait()
    assert (mail.reverse_path, mail.recipients) == ("ann@example.com", ("j\u00fc@example.com",))
    assert mail.content == CONTENT
    assert "SMTPUTF8" in mail.mail_options
    assert (mail.login, mail.tls) == (None, False)


def test_login_behind_starttls(aiosmtpd_server: AiosmtpdServer, certificates: Certificates) -> None:
    """STARTTLS shows the good certificate, and only the right password opens."""
    with smtplib.SMTP("localhost", aiosmtpd_server.port) as client:
        client.starttls(context=certificates.client())
        client.ehlo()
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(USERNAME, "wrong")
        plain = base64.b64encode(f"\0{USERNAME}\0{PASSWORD}".encode()).decode()
        assert client.docmd("AUTH PLAIN", plain)[0] == 235
        client.sendmail("ann@example.com", ["bob@example.com"], CONTENT)
    (mail,) = aiosmtpd_server.wait()
    assert (mail.login, mail.tls) == (USERNAME, True)


def test_wait_says_what_is_missing(aiosmtpd_server: AiosmtpdServer) -> None:
    """A mail that does not come ends in TimeoutError."""
    with pytest.raises(TimeoutError, match="0 of 1 mails"):
        aiosmtpd_server.wait(timeout=0)
