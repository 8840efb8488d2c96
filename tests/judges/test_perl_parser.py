from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tests.judges.perl_parser import ParsedPart, PerlParser


def test_mail_of_the_standard_library(perl_parser: PerlParser) -> None:
    """Headers, text, html, names (RFC 2231) and bytes come out as they were put in."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = "Gr\u00fc\u00dfe \u4f60\u597d \U0001f600"
    mail["From"] = Address("Doe, J\u00e4ne", "jane", "example.com")
    mail["To"] = [Address("", "bob", "example.com"), Address('O"Hara', "o", "example.org")]
    mail.set_content("sch\u00f6n\n", cte="quoted-printable")
    mail.add_alternative("<p>\u4f60\u597d</p>\n", subtype="html")
    mail.add_attachment(b"\x00\xff\r\n", "application", "pdf", filename="\u4f60 \u00e4.pdf")
    mail.add_attachment("a,b\n", "csv", filename="plain.csv", cid="<one@example.com>")
    parsed = perl_parser.parse(mail.as_bytes())
    assert parsed.headers["subject"] == mail["Subject"]
    assert parsed.headers["cc"] is None
    assert parsed.addresses["from"] == (("Doe, J\u00e4ne", "jane@example.com"),)
    assert parsed.addresses["to"] == (("", "bob@example.com"), ('O"Hara', "o@example.org"))
    assert parsed.parts == (
        ParsedPart("text/plain", "utf-8", "sch\u00f6n\r\n", None, None, None),
        ParsedPart("text/html", "utf-8", "<p>\u4f60\u597d</p>\r\n", None, None, None),
        ParsedPart("application/pdf", None, None, b"\x00\xff\r\n", "\u4f60 \u00e4.pdf", None),
        ParsedPart("text/csv", "utf-8", "a,b\r\n", None, "plain.csv", "<one@example.com>"),
    )


def test_enclosed_mail_is_one_part(perl_parser: PerlParser) -> None:
    """message/rfc822 is a leaf whose bytes are the enclosed mail."""
    enclosed, mail = EmailMessage(policy=SMTP), EmailMessage(policy=SMTP)
    enclosed["Subject"] = "inside"
    enclosed.set_content("text\n")
    mail.set_content("see below\n")
    mail.add_attachment(enclosed)
    part = perl_parser.parse(mail.as_bytes()).parts[-1]
    assert (part.content_type, part.data) == ("message/rfc822", enclosed.as_bytes())


def test_raw_utf8_headers_are_read(perl_parser: PerlParser) -> None:
    """A mail for SMTPUTF8 has its headers as UTF-8 (RFC 6532)."""
    mail = "From: J\u00e4 <j\u00fc@example.com>\r\nSubject: \u4f60 =?utf-8?q?=C3=A4?=\r\n\r\nhi\r\n"
    parsed = perl_parser.parse(mail.encode())
    assert parsed.addresses["from"] == (("J\u00e4", "j\u00fc@example.com"),)
    assert parsed.headers["subject"] == "\u4f60 \u00e4"


@pytest.mark.parametrize(
    "content",
    [b"Subject: a\r\nSubject: b\r\n\r\n", b"Subject: \xff\r\n\r\n"],
    ids=["a field twice", "no UTF-8"],
)
def test_broken_mail_is_an_error_and_not_the_end(perl_parser: PerlParser, content: bytes) -> None:
    """A mail that cannot be read raises, and the next one is read."""
    with pytest.raises(ValueError, match="stands 2 times|UTF-8"):
        perl_parser.parse(content)
    assert perl_parser.parse(b"Subject: next\r\n\r\n").headers["subject"] == "next"


def test_folded_and_encoded_spaces_survive(perl_parser: PerlParser) -> None:
    """Folding is undone without a space lost or gained, between encoded-words too."""
    lines = b"Subject: one\r\n two =?utf-8?q?=5Fa_?=\r\n =?utf-8?q?_b?=\r\n\r\n"
    assert perl_parser.parse(lines).headers["subject"] == "one two _a  b"
