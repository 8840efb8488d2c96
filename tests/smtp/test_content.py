"""The content arrives as it was, whatever it holds and wherever it is cut."""

import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.smtp.content import StuffedContent, has_bare_line_ends


def naive(content: bytes) -> bytes:
    """RFC 5321 §4.5.2, line by line."""
    if content and not content.endswith(b"\r\n"):
        content += b"\r\n"
    lines = content.split(b"\r\n")[:-1]
    return b"".join((b"." + x if x.startswith(b".") else x) + b"\r\n" for x in lines) + b".\r\n"


pieces = st.sampled_from(
    [b".", b"..", b"\r\n", b"\r\n.", b"a", b"\r\n.\r\n", b"text", b"\r", b"\n"]
)


@given(content=st.lists(pieces, max_size=30).map(b"".join), chunk=st.integers(1, 40))
def test_stuffing_at_any_chunk_size(content: bytes, chunk: int) -> None:
    """Cut anywhere, the wire form is the one that a line by line writer makes."""
    stuffed = StuffedContent(content, chunk)
    assert b"".join(stuffed.chunks()) == naive(content)


@pytest.mark.parametrize("content", [b"", b".", b"a\r\n", b"a", b"\r\n", b"x" * 200])
def test_whole_means_the_lone_dot_too(content: bytes) -> None:
    """A content is handed over only with the last octet of its wire form."""
    stuffed = StuffedContent(content, chunk=64)
    octets = sum(map(len, stuffed.chunks()))
    assert stuffed.whole(octets)
    assert not stuffed.whole(octets - 1)


def test_half_drawn_is_not_whole() -> None:
    """Octets of a content that goes on are not the whole, however many left."""
    stuffed = StuffedContent(b"x" * 200, chunk=64)
    next(stuffed.chunks())
    assert not stuffed.whole(1000)


def test_no_copy_of_the_whole() -> None:
    """16 MB of content cost a few chunks of memory."""
    content = b"." * 76 + b"\r\n"
    content *= 16 * 2**20 // len(content)
    tracemalloc.start()
    try:
        for _ in StuffedContent(content).chunks():
            pass
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@given(st.lists(pieces, max_size=12).map(b"".join))
def test_bare_line_ends_are_found(content: bytes) -> None:
    """A CR without LF, or an LF without CR, is seen wherever it stands."""
    assert has_bare_line_ends(content) == bool(re.search(rb"\r(?!\n)|(?<!\r)\n", content))
