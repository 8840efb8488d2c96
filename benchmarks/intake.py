"""The sink's half of one SMTP talk: takes every mail, counts it, keeps every 100th.

It does as little as a relay may. Content is not looked at, but for the end of a DATA.
"""

from __future__ import annotations

import re
from collections.abc import Callable

KEEP_EVERY = 100
NUMBER = re.compile(rb"<customer(\d+)@")
END_OF_DATA = b"\r\n.\r\n"
OK = b"250 2.0.0 ok\r\n"


class Tally:
    """What came to all talks since it was last asked for: numbers, octets and kept contents."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.octets = 0
        self.kept: dict[int, bytes] = {}


class Intake:
    """Fed with what the client says, it gives the replies.

    `offer`: EHLO keywords. `secure`: the client asked for TLS; reply first, then shake hands.
    `ended`: the client has said goodbye.
    """

    def __init__(self, tally: Tally, offer: tuple[str, ...]) -> None:
        self.secure = self.ended = False
        self._tally = tally
        self._offer = offer
        self._replies: list[bytes] = []
        self._unread = b""
        self._read: Callable[[bytes, int], int] = self._command
        self._numbers: list[int] = []
        self._kept: bytearray | None = None
        self._due = 0
        self._last = False

    def feed(self, data: bytes) -> bytes:
        data, self._unread = (self._unread + data if self._unread else data), b""
        at = 0
        while at < len(data):
            at = self._read(data, at)
        replies, self._replies = b"".join(self._replies), []
        return replies

    def _command(self, data: bytes, at: int) -> int:
        end = data.find(b"\r\n", at)
        if end < 0:
            self._unread = data[at:]
            return len(data)
        line = data[at:end]
        self._replies.append(VERBS[line[:4].upper()](self, line))
        return end + 2

    def _ehlo(self, line: bytes) -> bytes:
        offer = [keyword for keyword in self._offer if keyword != "STARTTLS" or not self.secure]
        *first, last = ["sink", *offer]
        lines = [*(f"250-{keyword}\r\n" for keyword in first), f"250 {last}\r\n"]
        return "".join(lines).encode()

    def _starttls(self, line: bytes) -> bytes:
        self.secure = True
        return b"220 2.0.0 go ahead\r\n"

    def _auth(self, line: bytes) -> bytes:
        return b"235 2.7.0 ok\r\n"

    def _mail(self, line: bytes) -> bytes:
        self._numbers, self._kept = [], None
        return OK

    def _rcpt(self, line: bytes) -> bytes:
        found = NUMBER.search(line)
        number = int(found[1]) if found else -1
        self._numbers.append(number)
        if number % KEEP_EVERY == 0:
            self._kept = bytearray()
        return OK

    def _data(self, line: bytes) -> bytes:
        self._read = self._stuffed
        return b"354 go ahead\r\n"

    def _stuffed(self, data: bytes, at: int) -> int:
        """The last four octets may begin the end, so they wait for what comes."""
        end = data.find(END_OF_DATA, at)
        if end >= 0:
            self._take(data, at, end + 2)
            self._finish(unstuff=True)
            return end + len(END_OF_DATA)
        safe = max(at, len(data) - len(END_OF_DATA) + 1)
        self._take(data, at, safe)
        self._unread = data[safe:]
        return len(data)

    def _bdat(self, line: bytes) -> bytes:
        words = line.upper().split()
        self._due, self._last = int(words[1]), words[-1] == b"LAST"
        self._read = self._chunk
        if self._due == 0:
            self._end_chunk()
        return b""

    def _chunk(self, data: bytes, at: int) -> int:
        end = min(len(data), at + self._due)
        self._take(data, at, end)
        self._due -= end - at
        if self._due == 0:
            self._end_chunk()
        return end

    def _end_chunk(self) -> None:
        if self._last:
            self._finish(unstuff=False)
        else:
            self._replies.append(OK)
            self._read = self._command

    def _take(self, data: bytes, start: int, end: int) -> None:
        self._tally.octets += end - start
        if self._kept is not None:
            self._kept += data[start:end]

    def _finish(self, *, unstuff: bool) -> None:
        self._tally.numbers += self._numbers
        if self._kept is not None:
            content = bytes(self._kept)
            kept = content.replace(b"\r\n..", b"\r\n.") if unstuff else content
            self._tally.kept[self._numbers[0]] = kept
        self._replies.append(OK)
        self._read = self._command

    def _rset(self, line: bytes) -> bytes:
        return OK

    def _quit(self, line: bytes) -> bytes:
        self.ended = True
        return b"221 2.0.0 bye\r\n"


VERBS: dict[bytes, Callable[[Intake, bytes], bytes]] = {
    b"EHLO": Intake._ehlo,
    b"STAR": Intake._starttls,
    b"AUTH": Intake._auth,
    b"MAIL": Intake._mail,
    b"RCPT": Intake._rcpt,
    b"DATA": Intake._data,
    b"BDAT": Intake._bdat,
    b"RSET": Intake._rset,
    b"NOOP": Intake._rset,
    b"QUIT": Intake._quit,
}
