import smtplib

import pytest

from tests.certificates import Certificates
from tests.judges.postfix import Postfix

CONTENT = b"\r\n".join(
    [
        b"From: ann@example.com",
        b"To: bob@example.com",
        b"Message-ID: <1@example.com>",
        b"Date: Mon, 02 Nov 2026 10:00:00 +0000",
        b"Subject: dots",
        b"",
        b".",
        b"..",
        b".one",
        b"x" * 998,
        b" trailing ",
        b"",
        b".end",
        b"",
    ]
)


def test_content_arrives_intact(postfix: Postfix) -> None:
    """Lines of dots, a line of 998 and the envelope come out as they were put in."""
    with smtplib.SMTP(postfix.host, postfix.port) as client:
        client.sendmail("bounce@example.com", ["bob@example.com"], CONTENT)
    (mail,) = postfix.wait()
    assert mail.endswith(CONTENT.replace(b"\r\n", b"\n"))
    assert mail.startswith(b"Return-Path: <bounce@example.com>\nX-Original-To: bob@example.com\n")


def test_each_recipient_gets_one_mail(postfix: Postfix) -> None:
    """Every domain is taken, and a mail is written once per recipient."""
    recipients = ["bob@example.com", "carl@example.net"]
    with smtplib.SMTP(postfix.host, postfix.port) as client:
        client.sendmail("ann@example.com", recipients, CONTENT)
    mails = postfix.wait(2)
    assert {mail.split(b"\n")[1] for mail in mails} == {
        b"X-Original-To: bob@example.com",
        b"X-Original-To: carl@example.net",
    }


def test_extensions_are_offered(postfix: Postfix, certificates: Certificates) -> None:
    """A client can pipeline, send chunks and UTF-8, and STARTTLS shows the good certificate."""
    with smtplib.SMTP("localhost", postfix.port) as client:
        client.starttls(context=certificates.client())
        client.ehlo()
        for extension in ("pipelining", "chunking", "smtputf8", "8bitmime", "size", "dsn"):
            assert client.has_extn(extension), extension


def test_wait_says_what_is_missing(postfix: Postfix) -> None:
    """A mail that does not come ends in TimeoutError, with Postfix's log."""
    with pytest.raises(TimeoutError, match="0 of 1 mails in 0 s\n.*starting the Postfix"):
        postfix.wait(timeout=0)
