import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.compose.mime.charsets import decode, mime_name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("ascii", "us-ascii"),
        ("latin-1", "iso-8859-1"),
        ("ISO_8859-15", "iso-8859-15"),
        ("cp1252", "windows-1252"),
        ("euc_jp", "euc-jp"),
        ("sjis", "shift_jis"),
    ],
)
def test_name_is_the_one_readers_know(label: str, name: str) -> None:
    """Python's own names mean nothing to them; the name works in Python too."""
    assert mime_name(label) == name == mime_name(name)
    assert codecs.lookup(label).name == codecs.lookup(name).name


@pytest.mark.parametrize(
    "label",
    ["", "x-no", "hex", "rot13", "idna", "punycode", "unicode_escape", "utf-16", "utf-7", "\0"],
)
def test_what_mail_cannot_be_written_in(label: str) -> None:
    """Codecs that are no charsets, and charsets that no text part may have."""
    assert mime_name(label) is None


@pytest.mark.parametrize("label", ["idna", "undefined", "hex", "unicode_escape", "\0", "x" * 9999])
def test_unknown_charset_is_read_as_utf8(label: str) -> None:
    """No codec is run that is not a charset."""
    assert decode("é\\x41".encode() + b"\xff", label) == "é\\x41\ufffd"


@given(
    st.binary(), st.sampled_from(["utf-7", "utf-16", "utf-32", "hz", "iso-2022-jp", "big5-hkscs"])
)
def test_any_octets_are_read(octets: bytes, label: str) -> None:
    """Broken ones too."""
    decode(octets, label)
