import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.compose.mime import Parsed, read
from flask_mailwright.compose.mime.reader import DEPTH
from flask_mailwright.message import Message
from tests.compose.strategies import LOOK_ALIKES, ORIGIN, mails
from tests.effort import examples

MULTIPART = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
SPLICES = st.one_of(
    st.binary(max_size=4),
    st.sampled_from(
        (
            *map(str.encode, LOOK_ALIKES),
            b"\r\n\r\n",
            b"\n",
            b"--",
            b"Content-Type: multipart/mixed; boundary=\r\n",
            b"Content-Type: text/plain; charset=idna; x*9=y; x*0*=a'b'%\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b'filename*0*="',
        )
    ),
)


def one(content: str) -> Parsed:
    """The reading of a mail that is written with LF here."""
    return read(content.replace("\n", "\r\n").encode())


@st.composite
def broken_mails(draw: st.DrawFn) -> bytes:
    """A good mail with some octets taken out and others put in."""
    content = draw(mails()).seal(ORIGIN).content
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, min(len(content), 3000)))
        end = start + draw(st.sampled_from((0, 1, 30, 10_000)))
        content = content[:start] + draw(SPLICES) + content[end:]
    return content


@given(st.one_of(st.binary(), broken_mails()))
@examples(300)
def test_nothing_is_raised(content: bytes) -> None:
    """Whatever comes in, each view of it can be asked."""
    mail = read(content)
    assert len([part.text for part in mail.parts]) >= len(mail.attachments)
    assert isinstance(mail.text, str | None)
    assert isinstance(mail.html, str | None)
    assert isinstance(mail.get("subject"), str)


@given(st.lists(SPLICES, max_size=30).map(b"".join))
@examples(1000)
def test_nothing_is_raised_for_fragments(content: bytes) -> None:
    """In a header, in a parameter, in a body."""
    for before in (b"Subject: ", b"Content-Type: text/plain; ", MULTIPART + b"--b\r\n"):
        read(before + content)


HOSTILE = {
    "openings of encoded-words": b"Subject: " + b"=?" * 500_000,
    "encoded-words": b"Subject: " + b"=?utf-8?q?x?= " * 70_000,
    "unknown charsets": b"Subject: " + b"".join(b"=?x%d?q?x?=" % n for n in range(70_000)),
    "half encoded-words": b"Subject: " + b"=?a?q?" * 170_000,
    "spaces after an encoded-word": b"Subject: " + (b"=?a?q?x?=" + b" " * 1000) * 1000,
    "one long charset": b"Subject: =?" + b"x" * 1_000_000,
    "stars": b"Subject: =?x" + b"*" * 1_000_000,
    "semicolons": b"Content-Type: text/plain" + b";" * 1_000_000,
    "spaces in a parameter": b"Content-Type: text/plain; x" + b" " * 1_000_000,
    "quotes": b"Content-Type: text/plain" + b';x="' * 250_000,
    "escaped quotes": b'Content-Type: text/plain; x="' + b'\\"' * 500_000,
    "sections": b"Content-Type: text/plain" + b";x*1*=%41" * 110_000,
    "a long section number": b"Content-Type: text/plain; x*" + b"9" * 1_000_000 + b"=y",
    "parameter without value": b"Content-Type: text/plain; " + b"x" * 1_000_000,
    "line ends": b"\r\n" * 500_000,
    "folded lines": b"Subject:" + b"\r\n x" * 250_000,
    "fields": b"A: b\r\n" * 170_000,
    "no blank line": b"A" * 1_000_000,
    "delimiters": MULTIPART + b"--b\r\n" * 200_000,
    "delimiters in one line": MULTIPART + b"--b" * 330_000,
    "delimiters with spaces": MULTIPART + (b"--b" + b" " * 1000 + b"x") * 1000,
    "closing delimiters": MULTIPART + b"--b--\r\n" * 140_000,
    "dashes": MULTIPART + b"-" * 1_000_000,
    "a long boundary": b"Content-Type: multipart/mixed; boundary="
    + b"x" * 500_000
    + b"\r\n\r\n"
    + b"-" * 500_000,
    "nested": (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n") * 20_000,
    "nested with other boundaries": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(20_000)
    ),
    "quoted-printable": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 1_000_000,
    "base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=A" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_megabyte_is_read_in_no_time(name: str) -> None:
    """Time grows with the size and not with its square, which would be minutes."""
    started = time.process_time()
    mail = read(HOSTILE[name])
    assert mail.attachments is not None
    assert time.process_time() - started < 5


def test_nesting_ends_at_a_depth() -> None:
    """What is deeper is one piece, shown as it stands."""
    levels = range(DEPTH + 5)
    head = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in levels)
    (part,) = one(f"{head}\nhello\n").parts
    assert part.content_type == "multipart/mixed"
    assert part.data.endswith(b"hello\r\n")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=?utf-8?q?Caf=C3=A9_au?= lait", "Café au lait"),
        ("=?UTF-8?B?w6k=?=\n =?utf-8?Q?=C3=A8?=", "éè"),
        ("=?iso-8859-1*fr?q?=E9?=", "é"),
        ("=?utf-8?b?w6k?=", "é"),
        ("=?x-unknown?q?=C3=A9?=", "é"),
        ("=?utf-8?q?=FF?=", "\ufffd"),
        ("=?utf-8?x?y?=", "=?utf-8?x?y?="),
        ("what?= =?utf-8?q?x?=", "what?= x"),
        ("a  b\n\tc", "a  b\tc"),
        ("Grüße", "Grüße"),
    ],
)
def test_header_is_decoded(value: str, shown: str) -> None:
    """Encoded-words, folding and raw UTF-8; the rest stands as it is."""
    assert one(f"Subject: {value}\nTo: a@x.org\n\n").fields == (
        ("Subject", shown),
        ("To", "a@x.org"),
    )


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("Content-Disposition: attachment; filename=a.pdf", "a.pdf"),
        ('Content-Disposition: attachment; filename="a \\"b\\".pdf"', 'a "b".pdf'),
        ("Content-Disposition: attachment; FileName*=utf-8'de'gr%C3%B6%C3%9Fe", "größe"),
        ("Content-Disposition: attachment; filename*=iso-8859-1''%E9", "é"),
        ("Content-Disposition: attachment; filename*1*=%A9; filename*0*=utf-8''%C3", "é"),
        ('Content-Disposition: attachment; filename*0=a; filename*1="b c"', "ab c"),
        ('Content-Disposition: attachment; filename="=?utf-8?q?=C3=A9?="', "é"),
        (
            "Content-Disposition: attachment; filename*=utf-8''%3D%3Futf-8%3Fq%3Fx%3F%3D",
            "=?utf-8?q?x?=",
        ),
        ("Content-Type: a/b; name=c.pdf", "c.pdf"),
        ("Content-Disposition: attachment", ""),
    ],
)
def test_file_name_is_decoded(field: str, name: str) -> None:
    """By RFC 2231; encoded-words only where no better name was possible."""
    assert one(f"{field}\n\nx").parts[0].filename == name


@pytest.mark.parametrize(
    ("encoding", "body", "data"),
    [
        ("base64", "YWJj\nZA==\n", b"abcd"),
        ("BASE64", "YWJj ZA", b"abcd"),
        ("base64", "YQ==\nlist footer", b"a"),
        ("base64", "YWJjZ", b"abc"),
        ("quoted-printable", "a=3Db=\n c", b"a=b c"),
        ("quoted-printable", "a=ZZ", b"a=ZZ"),
        ("7bit", "a=3D", b"a=3D"),
        ("x-unknown", "a", b"a"),
    ],
)
def test_body_is_decoded(encoding: str, body: str, data: bytes) -> None:
    """As well as can be where it is broken."""
    assert one(f"Content-Transfer-Encoding: {encoding}\n\n{body}").parts[0].data == data


def test_parts_are_found() -> None:
    """Empty ones too; preamble and epilogue are no parts."""
    mail = one(
        "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\n--b  \n"
        "Content-Type: text/html\n\ntwo\n\n--bb\n--b--\nepilogue\n--b\n\nno\n"
    )
    assert [part.data for part in mail.parts] == [b"one", b"", b"two\r\n\r\n--bb"]


def test_unclosed_multipart_shows_its_last_part() -> None:
    """A mail that was cut off."""
    assert [
        part.text for part in one("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none").parts
    ] == ["one"]


@pytest.mark.parametrize("boundary", ["boundary=b", "", 'boundary=""'])
def test_multipart_without_parts_is_shown_as_it_stands(boundary: str) -> None:
    """Its boundary never comes, or it has none."""
    (part,) = one(f"Content-Type: multipart/mixed; {boundary}\n\n--\nall there is\n").parts
    assert part.data == b"--\r\nall there is\r\n"


def test_views_of_a_mail() -> None:
    """First text, first HTML, files; what is not there is None or empty."""
    message = Message("Hi", [("Ann", "ann@example.com")], "text", "<p>")
    message.attach("a.txt", "text/plain", "file")
    mail = read(message.seal(ORIGIN).content)
    assert (mail.text, mail.html) == ("text", "<p>")
    assert [file.text for file in mail.attachments] == ["file"]
    assert (mail.get("SUBJECT"), mail.get("x-no"), mail.get("x-no", "?")) == ("Hi", "", "?")
    empty = read(b"")
    assert (empty.text, empty.html, empty.fields) == ("", None, ())


def test_lines_without_carriage_return_are_read() -> None:
    """As a file on disk has them."""
    mail = read(b"\nbody\n")
    assert (mail.fields, mail.text) == ((), "body\n")
    assert read(b"A: b\nB: c\n\nbody").fields == (("A", "b"), ("B", "c"))


def test_parts_beyond_the_thousandth_are_one_piece() -> None:
    """A mail of delimiters is not a list without end; nothing of it is dropped."""
    mail = read(MULTIPART + b"".join(b"--b\r\n\r\n%d\r\n" % n for n in range(1_500)))
    assert len(mail.parts) == 1_001
    assert mail.parts[999].data == b"999"
    assert mail.parts[-1].data.endswith(b"1499\r\n")


def test_a_part_shows_its_name_and_size_only() -> None:
    """A log line or a failing test never holds the file itself."""
    mail = read(b"Content-Disposition: attachment; filename=a.bin\r\n\r\n" + b"x" * 1000)
    assert repr(mail.parts[0]) == "<ParsedPart text/plain 'a.bin', 1000 octets>"
