import io
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from markupsafe import Markup
from werkzeug.datastructures import FileStorage

from flask_mailwright.attachment import Attachment
from flask_mailwright.errors import MessageError
from tests.compose.strategies import FILENAME


def faults(attachment: Attachment) -> str:
    """What is wrong with it, a line for each."""
    with pytest.raises(MessageError) as caught:
        attachment.part()
    return "\n".join(caught.value.faults)


@pytest.mark.parametrize(
    ("data", "octets"),
    [
        (b"\x00\xff\r\n", b"\x00\xff\r\n"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[::2], b"ac"),
        ("grün\r\n\n", "grün\r\n\n".encode()),
        (io.BytesIO(b"open"), b"open"),
        (io.StringIO("offen\n"), b"offen\n"),
        (b"", b""),
        ("", b""),
    ],
)
def test_data_of_every_kind_arrives_octet_by_octet(data: bytes, octets: bytes) -> None:
    """Bytes, text and open files; line ends are the file's own."""
    assert Attachment("a.bin", "application/x", data).part().data == octets


def test_an_upload_is_read_and_has_its_own_name() -> None:
    """Not the name of the form's field; so is a temporary file, on every Python."""
    upload = FileStorage(io.BytesIO(b"octets"), "Größe.csv", "cv")
    attachment = Attachment(data=upload)
    assert (attachment.filename, attachment.content_type) == ("Größe.csv", "text/csv")
    assert attachment.part().data == b"octets"
    with NamedTemporaryFile(suffix=".pdf") as file:
        file.write(b"octets")
        file.seek(0)
        assert Attachment("a.pdf", data=file).part().data == b"octets"


def test_the_order_of_other_extensions_is_told() -> None:
    """They have the data before the type."""
    for rest in ([b"octets", "application/pdf"], [b"octets"]):
        with pytest.raises(MessageError, match="the order is filename, content_type, data"):
            Attachment("a.pdf", *rest)
    assert faults(Attachment("a.pdf", "a text", "application/pdf")).count("content type") == 1


def test_buffer_is_copied_when_it_is_sealed() -> None:
    """What happens to a bytearray later does not reach the part."""
    data = bytearray(b"first")
    part = Attachment("a", data=data).part()
    data[:] = b"later"
    assert part.data == b"first"


def test_open_file_is_read_at_once_and_names_itself(tmp_path: Path) -> None:
    """It may be closed before the message leaves."""
    path = tmp_path / "report.csv"
    path.write_text("a;b")
    with path.open("rb") as file:
        attachment = Attachment(data=file)
    assert (attachment.filename, attachment.content_type) == ("report.csv", "text/csv")
    assert attachment.part().data == b"a;b"


@pytest.mark.parametrize("kind", [str, Path])
def test_path_is_read_at_sealing_and_names_the_file(tmp_path: Path, kind: type) -> None:
    """The file may still be written when it is attached."""
    path = tmp_path / "größe.pdf"
    attachment = Attachment(path=kind(path))
    path.write_bytes(b"%PDF")
    part = attachment.part()
    assert (part.filename, part.content_type, part.data) == (
        "größe.pdf",
        "application/pdf",
        b"%PDF",
    )


@pytest.mark.parametrize("path", ["/nowhere/a.pdf", "/", "", "nul\0.pdf", "sur\ud800.pdf"])
def test_path_that_cannot_be_read_is_a_fault(path: str) -> None:
    """A missing file, a folder or an impossible name: told at sealing, with the path."""
    assert f"{path!r} cannot be read: " in faults(Attachment("a.pdf", path=path))


@pytest.mark.parametrize("given", [{}, {"data": b"", "path": "a"}])
def test_data_or_path(given: dict[str, str]) -> None:
    """One of the two, at once."""
    with pytest.raises(ValueError, match="'data' argument is required"):
        Attachment("a", "text/plain", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", b"", "application/pdf"),
        ("A.PNG", b"", "image/png"),
        ("notes.txt", b"", "text/plain"),
        ("notes", "text", "text/plain"),
        ("notes", b"", "application/octet-stream"),
        (None, b"", "application/octet-stream"),
        (None, "text", "text/plain"),
        ("x.tar.gz", b"", "application/gzip"),
        ("x.csv.bz2", b"", "application/octet-stream"),
        ("mail.eml", b"", "message/rfc822"),
        ("data:image/png;base64,x.pdf", b"", "application/pdf"),
        ("//[x.pdf", b"", "application/pdf"),
        ("http://x/y.pdf", b"", "application/pdf"),
    ],
)
def test_content_type_comes_from_the_name(name: str | None, data: str | bytes, kind: str) -> None:
    """Else from the data; a name is never taken for a URL."""
    assert Attachment(name, data=data).content_type == kind


@given(FILENAME)
def test_any_name_is_a_name(name: str) -> None:
    """No name makes guessing fail, and what is put in is what is written."""
    assert Attachment(name, data=b"").part().filename == name


def test_text_says_its_charset() -> None:
    """utf-8 where the content type names none, else that one."""
    assert Attachment("a.csv", data="é").part().content_type == "text/csv; charset=utf-8"
    latin = Attachment("a.csv", "text/csv; charset=latin-1; header=present", "é").part()
    assert (latin.data, latin.content_type) == (
        b"\xe9",
        "text/csv; charset=latin-1; header=present",
    )
    assert Attachment("a", "application/json", "é").part().content_type == "application/json"


@pytest.mark.parametrize(
    ("attachment", "told"),
    [
        (Attachment("a", "text/plain; charset=x-no", "é"), "'a': charset 'x-no' is none that"),
        (Attachment("a", "text/plain; charset=latin-1", "日"), "U+65E5 at position 0, which iso"),
        (Attachment("a", "text/plain", "\ud800"), "U+D800 at position 0"),
        (Attachment("a", "pdf", b""), "content_type 'pdf' is no content type"),
        (Attachment("a", "a/b; c", b""), "parameters must read ; name=value"),
        (Attachment("a", "a/b; c*=utf-8''d", b""), "parameters must read ; name=value"),
        (Attachment("a", "a/b\r\nX: y", b""), "content_type holds a carriage return"),
        (Attachment("a", f"a/{'b' * 200}", b""), "is no content type"),
        (Attachment("a", f"a/b; {'c' * 41}=d", b""), "parameters must read"),
        (Attachment("a", "multipart/mixed", b""), "a file cannot be multipart/mixed"),
        (Attachment("a\n", "a/b", b""), "its name holds a line feed"),
        (Attachment("a", "a/b", b"", "form-data"), "disposition must be attachment or inline"),
        (Attachment("a", "a/b", 7), "data is int, not bytes or text"),  # type: ignore[arg-type]
    ],
)
def test_faults_name_the_file(attachment: Attachment, told: str) -> None:
    """Every value of a file is asked, and the fault says whose it is."""
    assert "attachment " in faults(attachment)
    assert told in faults(attachment)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Content-Type": "a/b"}, "use content_type"),
        ({"content-disposition": "inline"}, "use filename and disposition"),
        ({"Content-Transfer-Encoding": "8bit"}, "it is chosen for you"),
        ({"Bcc": "eve@example.com"}, "never becomes visible"),
        ({"X-A": "b\r\nc"}, "holds a carriage return"),
        ({"X A": "b"}, "a field name is printable ASCII"),
        ({"X-A": "b", "x-a": "c"}, "stands there twice"),
        ({"X-A": ""}, "is empty"),
        ({"Content-ID": "a b"}, "Content-ID must read"),
        ({"Content-ID": "<>"}, "Content-ID must read"),
        ({"Content-ID": "<é@x>"}, "Content-ID must read"),
    ],
)
def test_headers_of_a_part_are_checked(headers: dict[str, str], told: str) -> None:
    """They pass the same guard, and none stands there twice."""
    text = faults(Attachment("a.png", data=b"", headers=headers))
    assert "attachment 'a.png'" in text
    assert told in text


def test_headers_of_a_part_are_text() -> None:
    """A field with addresses means nothing in a part; it stays what was written."""
    headers = [("Content-ID", "<logo@x>"), ("X-Attachment-Id", "7"), ("Sender", "Ann <a@x.org>")]
    part = Attachment("a.png", data=b"", headers=headers).part()
    assert part.cid == "logo@x"
    assert part.headers == (("X-Attachment-Id", "7"), ("Sender", "Ann <a@x.org>"))


@pytest.mark.parametrize("kind", ["message/rfc822", "Message/RFC822", " message/delivery-status"])
def test_enclosed_mail_stands_as_it_is(kind: str) -> None:
    """With the line ends of mail."""
    part = Attachment("a.eml", kind, b"Subject: x\n\nhi\r\n").part()
    assert part.data == b"Subject: x\r\n\r\nhi\r\n"
    assert part.content_type == kind.strip().lower()


@pytest.mark.parametrize("data", ["Subject: é\n", b"a\rb", b"a\0b", b"x" * 999])
def test_enclosed_mail_that_needs_encoding_is_refused(data: bytes | str) -> None:
    """It may not be encoded (RFC 2046 §5.2.1), so it is said how to attach it."""
    assert "attach it as application/octet-stream" in faults(
        Attachment("a.eml", "Message/rfc822", data)
    )


def test_all_faults_are_told_together() -> None:
    """Not only the first."""
    text = faults(Attachment("a\n", "pdf", disposition="no", path="/nowhere", headers={"X": "\0"}))
    assert len(text.splitlines()) == 5


def test_ascii_names_for_old_readers() -> None:
    """As MAIL_ASCII_ATTACHMENTS of Flask-Mail makes them."""
    assert Attachment("größe  ﬁn.pdf", data=b"").part(ascii_name=True).filename == "groe fin.pdf"


def test_markup_is_only_text() -> None:
    """A lazy or marked string is asked for its characters once."""
    part = Attachment(Markup('"a" & b.txt'), data=Markup("<b>")).part()
    assert (part.filename, part.data) == ('"a" & b.txt', b"<b>")


def test_repr_is_short() -> None:
    """It shows name and type, never the data."""
    assert repr(Attachment("a.pdf", data=b"x" * 99)) == "<Attachment a.pdf (application/pdf)>"
    assert repr(Attachment(data=b"x")) == "<Attachment unnamed (application/octet-stream)>"
