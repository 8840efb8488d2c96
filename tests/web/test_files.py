"""What can be kept of a mail: its parts and its source, as files and never as pages of ours."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

import pytest

from flask_mailwright import Message
from flask_mailwright.compose.mime import ParsedPart
from flask_mailwright.web.files import disposition, name_of
from tests.apps import ANN
from tests.web.mailbox import Box, mail_of

PART = "/1/part/0/x"


def part_of(filename: str, kind: str = "application/pdf") -> ParsedPart:
    """A part that calls itself so."""
    return ParsedPart(kind, {}, "attachment", filename, "", b"")


@pytest.mark.parametrize(
    ("kind", "served"),
    [
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("text/xml", "application/octet-stream"),
        ("application/javascript", "application/octet-stream"),
        ("message/rfc822", "application/octet-stream"),
        ("x/y\tz", "application/octet-stream"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("image/png", "image/png"),
    ],
)
def test_a_part_opened_directly_runs_nothing(box: Box, kind: str, served: str) -> None:
    """It is a download of octets, in a sandbox of its own."""
    box.keep(mail_of({"Subject": "x"}, "<script>alert(1)</script>", kind))
    answer = box.get(PART)
    assert answer.headers["Content-Type"] == served
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.rstrip() == "<script>alert(1)</script>"


NAMES = [
    "a.pdf",
    "Überweisung №1.pdf",
    "../../etc/passwd",
    "C:\\x\\y.exe",
    'a"; filename="b.html',
    "a\r\nSet-Cookie: x=y",
    "gpj\u202eexe",
    "CON\x00.txt",
    " . ",
    "%2e%2e%2f",
    "x" * 400 + ".pdf",
    "a;b,c.txt",
    "日本.zip",
    "\ud800.txt",
]


@pytest.mark.parametrize("filename", NAMES)
def test_a_hostile_name_is_a_name(filename: str) -> None:
    """One line, one file, in no folder; for old browsers and for new ones."""
    name = name_of(part_of(filename), 0)
    assert name == PurePosixPath(name).name
    assert not set(name) & set('\r\n\0/\\"\u202e')
    assert 0 < len(name) <= 150
    written = disposition(name)
    assert written.isascii()
    found = re.fullmatch(r"attachment; filename=\"([^\"%\\]*)\"; filename\*=UTF-8''(\S*)", written)
    assert found
    assert unquote(found[2]) == name


def test_a_part_without_a_name_gets_one() -> None:
    """From its place and type."""
    assert name_of(part_of("", "text/html"), 1) == "part-2.html"
    assert name_of(part_of("", "x/y"), 0) == "part-1.bin"


def test_a_file_comes_out_as_it_went_in(box: Box) -> None:
    """By the link on the page of attachments."""
    message = Message("Hi", [ANN], "Hello")
    message.attach("Größe 50%.pdf", "application/pdf", b"%PDF \x00\xff")
    box.mail.send(message)
    path = re.search(r'href="/_mail(/1/part/[^"]+)" download', box.page("/1?view=attachments"))
    assert path
    assert box.get(path[1]).data == b"%PDF \x00\xff"


def test_the_source_is_the_octets(box: Box) -> None:
    """For another program to open."""
    content = b"Subject: x\r\n\r\n\xff\x00\r\n.\r\n"
    box.keep(content)
    answer = box.get("/1/source.eml")
    assert answer.data == content
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="mail-1.eml"')


MISSING = [
    "/1/part/9/x",
    "/1/part/-1/x",
    "/1/part/9999999/x",
    "/2/part/0/x",
    "/2/body",
    "/2/source.eml",
    "/99999999999999999999",
    "/static/../__init__.py",
    "/static/mailbox.py",
]


@pytest.mark.parametrize("path", MISSING)
def test_what_is_not_there_is_not_found(box: Box, path: str) -> None:
    """Nothing else either."""
    box.keep(mail_of({"Subject": "x"}))
    assert box.get(path).status_code == 404
