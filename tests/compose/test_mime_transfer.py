import base64
import quopri
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.compose.mime.transfer import base64_lines, encode_text, is_seven_bit
from tests.compose.strategies import bodies
from tests.effort import examples

DECODE: dict[str, Callable[[bytes], bytes]] = {
    "7bit": bytes,
    "quoted-printable": quopri.decodestring,
    "base64": base64.b64decode,
}


@given(bodies(), st.sampled_from(["utf-8", "gb18030"]))
@examples(500)
def test_body_is_seven_bit_and_decodes(text: str, charset: str) -> None:
    """By the standard library's decoders; lines end in CRLF and fit."""
    encoding, octets = encode_text(text, charset)
    decoded = DECODE[encoding](octets).decode(charset)
    assert decoded.replace("\r\n", "\n") == re.sub("\r\n?", "\n", text)
    assert is_seven_bit(octets)
    if encoding != "7bit":
        assert max(map(len, octets.split(b"\r\n"))) <= 76


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("", "7bit"),
        ("plain\r\n.\r\nFrom me \n", "7bit"),
        ("x" * 998, "7bit"),
        ("x" * 998 + "\n" + "y" * 998 + "\n", "7bit"),
        ("x" * 999, "quoted-printable"),
        ("a\n" * 600 + "x" * 999 + "\n", "quoted-printable"),
        ("a\0b", "quoted-printable"),
        ("mostly plain, é", "quoted-printable"),
        ("日本語", "base64"),
    ],
)
def test_encoding_is_the_lightest_that_carries(text: str, encoding: str) -> None:
    """7bit as long as it can, then what is shorter."""
    assert encode_text(text, "utf-8")[0] == encoding


def test_trailing_spaces_are_encoded_in_quoted_printable() -> None:
    """Relays strip them (RFC 2045 §6.7)."""
    assert encode_text("é \nb\t\n.\nc ", "utf-8")[1] == b"=C3=A9=20\r\nb=09\r\n=2E\r\nc=20"


@pytest.mark.parametrize(
    ("octets", "fits"),
    [
        (b"", True),
        (b"a\r\nb", True),
        (b"x" * 998 + b"\r\n", True),
        (b"x" * 999, False),
        (b"a\nb", False),
        (b"a\rb", False),
        (b"a\r\r\n", False),
        (b"\0", False),
        (b"\xff", False),
    ],
)
def test_what_may_travel_as_it_is(octets: bytes, fits: bool) -> None:
    """ASCII without NUL, CRLF only, lines of at most 998."""
    assert is_seven_bit(octets) is fits


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 114, 57 * 8192 - 1, 57 * 8192, 57 * 8192 + 1])
def test_base64_is_cut_into_lines(size: int) -> None:
    """Of 76, across the borders of its pieces, each piece ending in CRLF."""
    octets = bytes(n % 251 for n in range(size))
    pieces = list(base64_lines(octets))
    assert b"".join(pieces) == base64.encodebytes(octets).replace(b"\n", b"\r\n")
    assert all(piece.endswith(b"\r\n") for piece in pieces)


@pytest.mark.parametrize("length", range(70, 80))
@pytest.mark.parametrize("space", [" ", "\t", "  "])
def test_encoded_trailing_space_stays_on_a_short_line(length: int, space: str) -> None:
    """Lines have at most 76 characters, and it is not lost."""
    text = f"é\n{'x' * length}{space}\nend"
    _, octets = encode_text(text, "utf-8")
    assert max(map(len, octets.split(b"\r\n"))) <= 76
    assert quopri.decodestring(octets).decode() == text.replace("\n", "\r\n")
