"""Relaxed canonicalisation: what relays may change on the way is not signed (RFC 6376 §3.4)."""

from __future__ import annotations

from collections.abc import Iterator

PIECE = 2**18
"""Octets of a body, about, that are worked on at a time: no copy of the whole is made."""
_BLANK = b" \t\r\n"


def relaxed_fields(head: bytes) -> list[tuple[bytes, bytes]]:
    r"""Each header field with its name in front, in lower case (§3.4.2).

    >>> relaxed_fields(b"SUBJect : Your \t order\r\n  is  here \r\n")
    [(b'subject', b'subject:Your order is here')]
    """
    unfolded = _narrowed(head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" "))
    return [_field(line) for line in unfolded.split(b"\r\n") if line]


def relaxed_body(content: bytes, start: int = 0) -> Iterator[bytes]:
    r"""The body that begins at `start`, in pieces (§3.4.4).

    >>> b"".join(relaxed_body(b"Dear  Ann,\t\r\n\r\n \tHello \r\n  \r\n\r\n"))
    b'Dear Ann,\r\n\r\n Hello\r\n'
    """
    end = _end(content, start)
    if end == start:
        return
    while start < end:
        cut = content.find(b"\n", start + PIECE, end) + 1 or end
        yield _narrowed(content[start:cut]).replace(b" \r\n", b"\r\n")
        start = cut
    yield b"\r\n"


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    name = name.rstrip(b" ").lower()
    return name, b"%b:%b" % (name, value.strip(b" "))


def _narrowed(text: bytes) -> bytes:
    """One space for each run of spaces and tabs; halving is much faster than a pattern."""
    text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def _end(content: bytes, start: int) -> int:
    """Where the last line with anything on it ends."""
    end = len(content)
    while end > start:
        begin = max(start, end - 4096)
        if kept := len(content[begin:end].rstrip(_BLANK)):
            return begin + kept
        end = begin
    return start
