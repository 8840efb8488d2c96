import re
from itertools import count

import pytest
from hypothesis import given

from flask_mailwright.address import Address
from flask_mailwright.attachment import Attachment
from flask_mailwright.compose.mime import Letter, Part, TextPart, read, write
from flask_mailwright.compose.mime.reader import decode_words
from flask_mailwright.envelope import SealedMail
from flask_mailwright.message import Message
from tests.compose.strategies import ORIGIN, mails
from tests.effort import examples

TEXT = TextPart("text/plain", "plain\n")
HTML = TextPart("text/html", "<p>html</p>\n")
FILE = Part("application/pdf", b"%PDF", "a.pdf")
IMAGE = Part("image/png", b"\x89PNG", "a.png", "inline", "logo@x")


def written(*texts: TextPart, inline: tuple[Part, ...] = (), files: tuple[Part, ...] = ()) -> str:
    """The letter with token0, token1, ... as boundaries."""
    tokens = map("token{}".format, count())
    letter = Letter((("From", (Address("", "a@x.org"),)),), texts, inline, files)
    return write(letter, lambda: next(tokens)).decode()


def heads(content: str) -> list[str]:
    """The header of the mail and of each part in it."""
    line = r"\r\n--=_[abc][0-9a-f]{32}\r\n(.*?)\r\n\r\n"
    return [content.partition("\r\n\r\n")[0], *re.findall(line, content, re.DOTALL)]


@given(mails())
@examples(400)
def test_mail_keeps_the_rules(message: Message) -> None:
    """Those for octets, for header fields and for boundaries."""
    mail = message.seal(ORIGIN)
    check_octets(mail)
    for head in heads(mail.content.decode()):
        check_head(head)
    check_boundary(mail.content)


def check_octets(mail: SealedMail) -> None:
    """CRLF only, no NUL, lines within 998, nothing but ASCII beside addresses for SMTPUTF8."""
    assert not set(mail.content.replace(b"\r\n", b"")) & {0, 10, 13}
    assert mail.content.endswith(b"\r\n")
    assert max(map(len, mail.content.split(b"\r\n"))) <= 998
    assert mail.content.partition(b"\r\n\r\n")[2].isascii()
    assert mail.content.isascii() or mail.envelope.smtputf8


def check_head(head: str) -> None:
    """Each field once, and all that a mail must have."""
    names = re.findall(r"^([^\s:]+):", head, re.MULTILINE)
    assert len(names) == len(set(names))
    required = {"From", "To", "Date", "Message-ID", "MIME-Version"}
    assert required <= set(names) or not required & set(names)
    for line in head.split("\r\n"):
        check_line(line)


def check_line(line: str) -> None:
    """Folded at 78; encoded-words whole and on lines of at most 76."""
    words = re.findall(r"=\?utf-8\?[qb]\?[^?\s]*\?=", line)
    for word in words:
        assert len(word) <= 75
        assert "\ufffd" not in decode_words(word)
    unbreakable = max(map(len, re.split(r" (?! |$)", line.strip())))
    assert len(line) <= (76 if words else 78) or unbreakable > 60


def check_boundary(content: bytes) -> None:
    """It is in no part."""
    top = re.search(rb'boundary="=_a([0-9a-f]{32})"', content.partition(b"\r\n\r\n")[0])
    if top is not None:
        for part in read(content).parts:
            assert top[1] not in part.data


def test_boundary_that_stands_in_a_text_is_not_taken() -> None:
    """A mail that quotes our next boundary gets another."""
    text = TextPart("text/plain", "--=_atoken0\n")
    enclosed = Part("message/rfc822", b"Subject: token1\r\n\r\n")
    assert 'boundary="=_atoken1"' in written(text, HTML)
    assert 'boundary="=_atoken2"' in written(text, files=(enclosed,))
    shown = enclosed._replace(cid="x", disposition="inline")
    assert 'boundary="=_atoken2"' in written(text, HTML, inline=(shown,))


@pytest.mark.parametrize(
    ("letter", "levels"),
    [
        (written(TEXT), []),
        (written(HTML), []),
        (written(TEXT, HTML), ["alternative"]),
        (written(TEXT, files=(FILE,)), ["mixed"]),
        (written(files=(FILE,)), ["mixed"]),
        (written(HTML, inline=(IMAGE,)), ['related; type="text/html"']),
        (written(TEXT, HTML, inline=(IMAGE,)), ["alternative", 'related; type="text/html"']),
        (
            written(TEXT, HTML, inline=(IMAGE,), files=(FILE,)),
            ["mixed", "alternative", 'related; type="text/html"'],
        ),
    ],
)
def test_levels_are_as_few_as_can_be(letter: str, levels: list[str]) -> None:
    """Each only where there is something to hold together."""
    assert re.findall(r"Content-Type: multipart/(.*);\r\n boundary=", letter) == levels


def test_a_whole_mail() -> None:
    """Octet by octet."""
    assert written(TEXT, files=(FILE,)) == (
        "From: a@x.org\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed;\r\n"
        ' boundary="=_atoken0"\r\n'
        "\r\n"
        "--=_atoken0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "plain\r\n"
        "\r\n"
        "--=_atoken0\r\n"
        "Content-Type: application/pdf\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=a.pdf\r\n"
        "\r\n"
        "JVBERg==\r\n"
        "--=_atoken0--\r\n"
    )


@pytest.mark.parametrize(
    ("filename", "fallback"),
    [
        ("größe.pdf", "name=groe.pdf"),
        ("日本.pdf", "name=attachment.pdf"),
        ("日本", "name=file"),
        ('"é".txt', "name=e.txt"),
        ('"日".txt', "name=attachment.txt"),
        ("é" * 70 + ".pdf", "name=attachment.pdf"),
        ("a.日本", "name=a."),
    ],
)
def test_old_readers_get_an_ascii_name(filename: str, fallback: str) -> None:
    """Beside the true one (RFC 2231), which wins where it is understood."""
    content = written(TEXT, files=(FILE._replace(filename=filename),))
    assert f"Content-Type: application/pdf; {fallback}\r\n" in content
    assert "filename*" in content
    assert read(content.encode()).attachments[0].filename == filename


def test_enclosed_mail_is_not_encoded() -> None:
    """RFC 2046 §5.2.1; inside it nothing is touched."""
    inner = Message("inner", [("Ann", "ann@example.com")], "Grüße\n").seal(ORIGIN).content
    outer = Message("outer", [("Ann", "ann@example.com")], "see below")
    outer.attachments.append(Attachment("mail.eml", data=inner))
    content = outer.seal(ORIGIN).content
    assert b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n" in content
    assert inner in content


def test_large_file_is_written_in_pieces() -> None:
    """And decodes to the same octets."""
    data = bytes(range(256)) * 10_000
    message = Message("large", [("Ann", "ann@example.com")], "hi")
    message.attach("a.bin", "application/octet-stream", data)
    (part,) = read(message.seal(ORIGIN).content).attachments
    assert part.data == data
