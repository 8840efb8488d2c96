"""The canonical form, by the RFC's example, and as dkimpy has it."""

from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.compose.dkim import canonical
from flask_mailwright.compose.dkim.canonical import relaxed_body, relaxed_fields
from tests.effort import examples, takes_linear_time

EXAMPLE = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n"


def body(content: bytes, start: int = 0) -> bytes:
    """In one piece."""
    return b"".join(relaxed_body(content, start))


def test_the_example_of_the_rfc() -> None:
    """RFC 6376 §3.4.5, example 1."""
    start = EXAMPLE.index(b"\r\n\r\n") + 4
    assert relaxed_fields(EXAMPLE[: start - 2]) == [(b"a", b"a:X"), (b"b", b"b:Y Z")]
    assert body(EXAMPLE, start) == b" C\r\nD E\r\n"


def test_an_empty_body_is_nothing() -> None:
    """However many lines it has; any other ends with one line end (§3.4.4)."""
    assert [body(blank) for blank in (b"", b"\r\n", b" \t\r\n\r\n \r\n")] == [b"", b"", b""]
    assert [body(b"a" + end) for end in (b"", b" ", b"\r\n", b"\t\r\n \r\n\r\n")] == [b"a\r\n"] * 4


def test_other_spaces_are_letters() -> None:
    """Only space and tab are white space to a relay (§2.8)."""
    assert body("a\x0b\x0c\xa0 \r\n".encode()) == "a\x0b\x0c\xa0\r\n".encode()
    assert relaxed_fields(b"A: b\x0c \r\n") == [(b"a", b"a:b\x0c")]


_PIECES = st.sampled_from([b" ", b"\t", b"\r\n", b"\r\n", b"a", b".", "ü".encode(), b"\r\n "])


@examples(300)
@given(st.lists(_PIECES, max_size=40).map(b"".join))
def test_a_body_as_dkimpy_has_it(text: bytes) -> None:
    """Any spaces and line ends; what has no end gets one on the wire."""
    assert body(text) == Relaxed.canonicalize_body(text + b"\r\n")


@examples(300)
@given(st.lists(_PIECES, max_size=30).map(b"".join))
def test_a_field_as_dkimpy_has_it(text: bytes) -> None:
    """Folded anywhere."""
    value = text.replace(b"\r\n", b"\r\n ")
    ((_, field),) = relaxed_fields(b"SuBject:" + value + b"\r\n")
    ((name, theirs),) = Relaxed.canonicalize_headers([(b"SuBject", value + b"\r\n")])
    assert field + b"\r\n" == name + b":" + theirs


def test_pieces_make_the_whole() -> None:
    """Wherever a large body is cut."""
    text = b"a  b \t\r\n" * (canonical.PIECE // 4) + b" \r\n\r\n"
    assert body(text) == b"a b\r\n" * (canonical.PIECE // 4)
    assert len(list(relaxed_body(text))) > 2
    assert body(b"a" * 3 * canonical.PIECE) == b"a" * 3 * canonical.PIECE + b"\r\n"


def test_blanks_take_no_time() -> None:
    """A megabyte of them neither in the middle nor at the end."""
    assert takes_linear_time(body, b"a" + b" " * 2**20 + b"b" + b" \r\n" * 2**18)
