"""Replies are read in any chunks, leniently, and never without bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.smtp.replies import ProtocolError, RelayReply, ReplyReader


def read(*chunks: bytes) -> list[RelayReply]:
    """All replies in these chunks."""
    reader = ReplyReader()
    found = []
    for chunk in chunks:
        reader.feed(chunk)
        while (reply := reader.take()) is not None:
            found.append(reply)
    return found


@pytest.mark.parametrize(
    ("wire", "reply"),
    [
        (b"250 ok\r\n", RelayReply(250, ("ok",))),
        (b"250 ok\n", RelayReply(250, ("ok",))),
        (b"250\r\n", RelayReply(250, ("",))),
        (b"250 \r\n", RelayReply(250, ("",))),
        (b"250-one\r\n250 two\r\n", RelayReply(250, ("one", "two"))),
        (b"250-one\r\n250-\r\n250\r\n", RelayReply(250, ("one", "", ""))),
        (b"250-one\n250 two\r\n", RelayReply(250, ("one", "two"))),
        (b"299 unheard of\r\n", RelayReply(299, ("unheard of",))),
        (b"550 caf\xc3\xa9 \xff\r\n", RelayReply(550, ("café �",))),
    ],
)
def test_what_servers_send_is_read(wire: bytes, reply: RelayReply) -> None:
    """Bare LF, missing texts, texts of many lines and any bytes in them are understood."""
    assert read(wire) == [reply]


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250_ok\r\n",
        b"250-one\r\n251 two\r\n",
        b"250-one\r\n\x00\xff\r\n",
    ],
)
def test_garbage_is_told_from_a_reply(wire: bytes) -> None:
    """What is no reply, or changes its code on the way, ends the talk."""
    with pytest.raises(ProtocolError, match="no SMTP reply"):
        read(wire)


@pytest.mark.parametrize(
    ("wire", "fault"),
    [
        (b"250 " + b"x" * 4092, "more than 4096 octets"),
        (b"250 " + b"x" * 4092 + b"\r\n", "more than 4096 octets"),
        (b"250-x\r\n" * 201, "without an end"),
        ((b"250-" + b"x" * 4000 + b"\r\n") * 17, "without an end"),
    ],
)
def test_an_endless_reply_is_cut(wire: bytes, fault: str) -> None:
    """A line has at most 4 KiB, a reply at most 200 lines and 64 KiB."""
    with pytest.raises(ProtocolError, match=fault):
        read(wire)


def test_the_largest_reply_is_read() -> None:
    """The bounds themselves are allowed."""
    (reply,) = read(b"250-x\r\n" * 199 + b"250 x\r\n")
    assert len(reply.lines) == 200


def test_what_was_not_asked_for_is_noticed() -> None:
    """A reader is true while it holds anything behind the last reply taken."""
    reader = ReplyReader()
    reader.feed(b"250 ok\r\n25")
    assert reader.take() == RelayReply(250, ("ok",))
    assert reader
    assert reader.take() is None


@pytest.mark.parametrize(
    ("lines", "enhanced", "text"),
    [
        (("4.2.0 try later",), "4.2.0", "try later"),
        (("4.2.0",), "4.2.0", ""),
        (("5.7.1 wrong class",), "", "5.7.1 wrong class"),
        (("4.2.0.1 no code",), "", "4.2.0.1 no code"),
        (("no code 4.2.0",), "", "no code 4.2.0"),
        (("4.7.28 one", "4.7.28 two"), "4.7.28", "one two"),
        (("a\x1b[31m\x00b",), "", "a [31m b"),
    ],
)
def test_enhanced_code_and_text(lines: tuple[str, ...], enhanced: str, text: str) -> None:
    """An enhanced code is one of the reply's class at its beginning; the text is printable."""
    reply = RelayReply(450, lines)
    assert (reply.enhanced, reply.text) == (enhanced, text)


def test_a_long_text_is_cut() -> None:
    """What goes into errors and rows is bounded."""
    assert len(RelayReply(550, ("x" * 4000,) * 10).text) == 1001


texts = st.binary(max_size=30).map(lambda text: text.replace(b"\n", b"").replace(b"\r", b""))


@given(data=st.data())
def test_chunks_do_not_matter(data: st.DataObject) -> None:
    """Any replies, cut anywhere, are the same replies."""
    sent = data.draw(st.lists(st.tuples(st.integers(200, 599), st.lists(texts, min_size=1))))
    wire = b""
    for code, lines in sent:
        wire += b"".join(b"%d-%b\r\n" % (code, line) for line in lines[:-1])
        wire += b"%d %b\r\n" % (code, lines[-1])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=20)))
    chunks = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert read(*chunks) == [
        RelayReply(code, tuple(line.decode("utf-8", "replace") for line in lines))
        for code, lines in sent
    ]


@given(st.lists(st.binary(max_size=200), max_size=50))
def test_no_bytes_break_the_reader(chunks: list[bytes]) -> None:
    """Whatever comes, there are replies or a ProtocolError."""
    try:
        found = read(*chunks)
    except ProtocolError:
        return
    assert all(200 <= reply.code < 600 for reply in found)
