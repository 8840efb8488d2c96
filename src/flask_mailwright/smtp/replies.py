"""Replies as they come from the wire, in any chunks (RFC 5321 §4.2), lenient but bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

LINE = 4096
"""Octets of one line; RFC 5321 §4.5.3.1.5 allows 512."""
LINES = 200
SIZE = 65536
"""Octets of one reply."""

TEXT = 1000
"""Characters of a reply that are shown."""

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:\r?|([ -])(.*))", re.DOTALL)
_WHOLE = re.compile(rb"([2-5][0-9][0-9]) ([^\r\n]{0,500})\r\n")
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?:\s+|$)")


class ProtocolError(Exception):
    """What came is no SMTP reply; `line` is where that was seen."""

    def __init__(self, fault: str, line: bytes) -> None:
        super().__init__(fault)
        self.line = line.decode("utf-8", "replace")


class RelayReply(NamedTuple):
    """One reply of a relay: a code and one or more lines of text, as it sent them.

    >>> reply = RelayReply(550, ("5.1.1 No such user", "5.1.1 here"))
    >>> reply.category, reply.enhanced, reply.text
    (5, '5.1.1', 'No such user here')
    """

    code: int
    lines: tuple[str, ...]

    @property
    def category(self) -> int:
        """The first digit, by which everything is decided (RFC 5321 §4.2.1)."""
        return self.code // 100

    @property
    def enhanced(self) -> str:
        """The enhanced status code, if the text begins with one of the same class (RFC 2034 §4)."""
        return self.told[0]

    @property
    def text(self) -> str:
        """The words alone, on one line, printable."""
        return self.told[1]

    @property
    def told(self) -> tuple[str, str]:
        """`enhanced` and `text`."""
        found = _ENHANCED.match(self.lines[0])
        enhanced = found[0].strip() if found and int(found[1]) == self.category else ""
        words = [line.removeprefix(enhanced).strip() for line in self.lines]
        return enhanced, shorten(" ".join(words))

    def __str__(self) -> str:
        return " ".join(word for word in (str(self.code), self.enhanced, self.text) if word)

    def scrubbed(self, scrub: Callable[[str], str]) -> RelayReply:
        """The same reply with every line passed through `scrub`."""
        return RelayReply(self.code, tuple(map(scrub, self.lines)))


class ReplyReader:
    r"""Bytes in, replies out; what was not asked for stays inside.

    >>> reader = ReplyReader()
    >>> reader.feed(b"250-first\r\n25")
    >>> reader.take()
    >>> reader.feed(b"0 second\n")
    >>> reader.take()
    RelayReply(code=250, lines=('first', 'second'))
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[str] = []
        self._code = b""
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take what came from the socket; call `take` until it is None before the next."""
        self._buffer = self._buffer + data if self._buffer else data

    def take(self) -> RelayReply | None:
        """The next complete reply, None when it is still under way, or `ProtocolError`."""
        if not self._lines and (whole := _WHOLE.match(self._buffer)):  # nearly all are such
            self._buffer = self._buffer[whole.end() :]
            return RelayReply(int(whole[1]), (whole[2].decode("utf-8", "replace"),))
        while (end := self._buffer.find(b"\n", 0, LINE)) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
            if self._last(line):
                return self._complete()
        if len(self._buffer) >= LINE:
            raise ProtocolError(f"a line of more than {LINE} octets", self._buffer)
        return None

    def __bool__(self) -> bool:
        return bool(self._buffer or self._lines)

    def _last(self, line: bytes) -> bool:
        """Keep one line; whether it is the last (a code alone is, RFC 5321 §4.2.1)."""
        found = _LINE.fullmatch(line)
        if not found or (self._lines and found[1] != self._code):
            raise ProtocolError("no SMTP reply", line)
        self._code, dash, text = found.groups(b"")
        self._lines.append(text.removesuffix(b"\r").decode("utf-8", "replace"))
        self._size += len(line)
        if len(self._lines) > LINES or self._size > SIZE:
            raise ProtocolError("a reply without an end", line)
        return dash != b"-"

    def _complete(self) -> RelayReply:
        reply = RelayReply(int(self._code), tuple(self._lines))
        self._lines, self._size = [], 0
        return reply


def scrubbed(text: str, secrets: Sequence[str]) -> str:
    """Without secrets, nor the beginnings of long ones, as far as they are repeated.

    >>> scrubbed("bad: AUTH dGhlLXNlY3JldC10b2tl...", ["dGhlLXNlY3JldC10b2tlbg=="])
    'bad: AUTH ***...'
    """
    for secret in secrets:
        text = text.replace(secret, "***")
    for secret in secrets:
        begin = secret[:_TELLING]
        while len(begin) == _TELLING and (at := text.find(begin)) >= 0:
            end = at
            while end < len(text) and secret[end - at : end - at + 1] == text[end]:
                end += 1
            text = f"{text[:at]}***{text[end:]}"
    return text


_TELLING = 12
"""Characters of a secret that are no chance any more."""


def shorten(words: str, most: int = TEXT) -> str:
    """One printable line of bounded length."""
    if not words.isprintable():
        words = "".join(c if c.isprintable() else " " for c in words)
    words = words.strip()
    return words if len(words) <= most else words[:most] + "…"
