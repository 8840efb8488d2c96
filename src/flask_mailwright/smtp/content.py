"""The content on the wire: dots doubled and a lone dot (RFC 5321 §4.5.2), or BDAT (RFC 3030)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

CHUNK = 65536


class Content(Protocol):
    """The wire form of a content."""

    @property
    def shown(self) -> str:
        """What a trace shows in its place."""

    def chunks(self) -> Iterator[bytes]:
        """Each piece; there is at least one."""

    def whole(self, handed: int) -> bool:
        """Whether all of it is among the first `handed` octets."""


class StuffedContent:
    r"""The wire form of a content, chunk by chunk: no copy of the whole is made.

    `octets` counts what was taken, so that whoever knows how much left can tell if all did.

    >>> b"".join(StuffedContent(b"one\r\n.two").chunks())
    b'one\r\n..two\r\n.\r\n'
    """

    def __init__(self, content: bytes, chunk: int = CHUNK) -> None:
        self._content = content
        self._chunk = chunk
        self._drawn = False
        self.octets = 0

    @property
    def shown(self) -> str:
        """What a trace shows in its place."""
        return f"<content: {len(self._content)} octets>\n"

    def chunks(self) -> Iterator[bytes]:
        """Each piece with its dots; the last one ends with the lone dot."""
        start = 0
        while start < len(self._content):
            end = self._cut(start)
            yield self._counted(self._stuffed(start, end) + self._end(end))
            start = end
        if not self._drawn:
            yield self._counted(self._end(0))

    def whole(self, handed: int) -> bool:
        """Whether the lone dot is among the first `handed` octets."""
        return self._drawn and handed >= self.octets

    def _cut(self, start: int) -> int:
        """Where a chunk ends: anywhere but inside a CRLF."""
        end = start + self._chunk
        return end + 1 if self._content[end - 1 : end + 1] == b"\r\n" else end

    def _stuffed(self, start: int, end: int) -> bytes:
        piece = self._content[start:end]
        if b"." not in piece:  # base64 has none, and this is ten times as fast
            return piece
        piece = piece.replace(b"\r\n.", b"\r\n..")
        at_line_start = start == 0 or self._content[start - 2 : start] == b"\r\n"
        return b"." + piece if at_line_start and piece.startswith(b".") else piece

    def _end(self, end: int) -> bytes:
        if end < len(self._content):
            return b""
        self._drawn = True
        at_line_start = not self._content or self._content.endswith(b"\r\n")
        return b".\r\n" if at_line_start else b"\r\n.\r\n"

    def _counted(self, piece: bytes) -> bytes:
        self.octets += len(piece)
        return piece


class ChunkedContent:
    r"""A content as the one chunk of a BDAT; what arrives is what arrives behind DATA.

    >>> b"".join(ChunkedContent(b"one\r\n.two").chunks())
    b'BDAT 11 LAST\r\none\r\n.two\r\n'
    """

    def __init__(self, content: bytes, chunk: int = CHUNK) -> None:
        end = b"" if not content or content.endswith(b"\r\n") else b"\r\n"
        self._content = content
        self._chunk = chunk
        self._end = end
        self._command = b"BDAT %d LAST\r\n" % (len(content) + len(end))

    @property
    def shown(self) -> str:
        """What a trace shows in its place."""
        command = self._command.decode("ascii")
        return f"{command}<content: {len(self._content)} octets>\n"

    def chunks(self) -> Iterator[bytes]:
        """The command with the first piece, the others behind it."""
        yield self._command + self._content[: self._chunk]
        for start in range(self._chunk, len(self._content), self._chunk):
            yield self._content[start : start + self._chunk]
        if self._end:
            yield self._end

    def whole(self, handed: int) -> bool:
        """Whether the last octet is among the first `handed`."""
        return handed >= len(self._command) + len(self._content) + len(self._end)


def has_bare_line_ends(content: bytes) -> bool:
    """Whether a CR or LF stands alone, which relays read differently (CVE-2023-51764)."""
    pairs = content.count(b"\r\n")
    return not pairs == content.count(b"\n") == content.count(b"\r")
