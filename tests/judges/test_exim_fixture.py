import smtplib
import socket

import pytest

from tests.certificates import Certificates
from tests.judges.exim import Exim, living
from tests.judges.test_postfix_fixture import CONTENT


def test_content_arrives_intact(exim: Exim) -> None:
    """Lines of dots, a line of 998 and the envelope come out as they were put in."""
    with smtplib.SMTP(exim.host, exim.port) as client:
        client.sendmail("bounce@example.com", ["bob@example.com"], CONTENT)
    (mail,) = exim.wait()
    assert mail.endswith(CONTENT.replace(b"\r\n", b"\n"))
    assert mail.startswith(b"Return-path: <bounce@example.com>\nEnvelope-to: bob@example.com\n")


def test_each_recipient_gets_one_mail(exim: Exim) -> None:
    """Every domain is taken, and a mail is written once per recipient."""
    recipients = ["bob@example.com", "carl@example.net"]
    with smtplib.SMTP(exim.host, exim.port) as client:
        client.sendmail("ann@example.com", recipients, CONTENT)
    mails = exim.wait(2)
    assert {mail.split(b"\n")[1] for mail in mails} == {
        b"Envelope-to: bob@example.com",
        b"Envelope-to: carl@example.net",
    }


def test_extensions_are_offered(exim: Exim, certificates: Certificates) -> None:
    """A client can pipeline, send chunks and UTF-8, and STARTTLS shows the good certificate."""
    with smtplib.SMTP("localhost", exim.port) as client:
        client.starttls(context=certificates.client())
        client.ehlo()
        for extension in ("pipelining", "chunking", "smtputf8", "8bitmime", "size", "dsn"):
            assert client.has_extn(extension), extension


def test_wait_says_what_is_missing(exim: Exim) -> None:
    """A mail that does not come ends in TimeoutError, with Exim's log."""
    with pytest.raises(TimeoutError, match="0 of 1 mails in 0 s\n.*daemon started"):
        exim.wait(timeout=0)


@pytest.mark.usefixtures("exim")
def test_stopping_leaves_nothing(certificates: Certificates) -> None:
    """No process and no file stay, also when a client is in the middle of a talk."""
    other = Exim(certificates.good.chain_file)
    with socket.create_connection((other.host, other.port), 5) as client:
        assert client.recv(4) == b"220 "
        assert len(living(other.group)) == 2
        other.stop()
    assert (living(other.group), other.folder.exists()) == ([], False)


def test_a_start_that_fails_says_why(exim: Exim, certificates: Certificates) -> None:
    """Exim's own words are in the error, at once."""
    with socket.socket() as taken:
        taken.bind((exim.host, 0))
        with pytest.raises(RuntimeError, match="does not greet.*\n.*Address already in use"):
            Exim(certificates.good.chain_file, taken.getsockname()[1])
