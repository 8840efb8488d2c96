"""The test server's end of one connection: buffered reads, replies in groups, TLS, endings."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import sys
import threading
from collections import deque
from math import inf
from time import monotonic

RECEIVE = 256 * 1024
LONGEST_LINE = 12288  # RFC 4954 §4 asks for this much; RFC 5321 §4.5.3.1.4 for 512 only
LINGER = 1.0  # seconds in which the peer's last octets are read, so that FIN is not made RST
LINGER_FORMAT = "hh" if sys.platform == "win32" else "ii"
LONE_DOT = b"\r\n.\r\n"


class Ended(Exception):
    """The talk is over: the peer, the server or a fault ended it."""


class Idle(Exception):
    """The peer said nothing for as long as the server waits."""


class LineTooLong(Exception):
    """A command line without an end."""


class Wire:
    """One accepted connection.

    Replies collect until more input is needed than there is, so those to a pipelined group leave
    together (RFC 2920 §3.2); with `latency` they leave that many seconds after the octets they
    answer arrived, and reading goes on meanwhile. `stopping` ends every wait.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        stopping: threading.Event,
        latency: float = 0.0,
        idle_timeout: float | None = None,
    ) -> None:
        self.stopping = stopping
        self.tls = False
        self._raw = sock
        self._sock = sock
        self._latency = latency
        self._idle_timeout = idle_timeout
        self._buffer = bytearray()
        self._at = 0
        self._arrived = monotonic()
        self._replies: list[bytes] = []
        self._leaving: deque[tuple[float, bytes]] = deque()
        with contextlib.suppress(OSError):  # the peer may be gone already
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # reading

    @property
    def has_input(self) -> bool:
        """Whether octets were received that nobody has read."""
        return self._at < len(self._buffer)

    def await_input(self) -> None:
        """Return when there is at least one octet to read."""
        while not self.has_input:
            self._fill()

    def read_line(self) -> bytes:
        """The next line, without its CRLF. A bare LF or CR ends nothing (RFC 5321 §2.3.8)."""
        while (end := self._buffer.find(b"\r\n", self._at)) < 0:
            if len(self._buffer) - self._at > LONGEST_LINE:
                raise LineTooLong
            self._fill()
        line = bytes(self._buffer[self._at : end])
        self._at = end + 2
        return line

    def read_octets(self, count: int) -> bytes:
        """Exactly `count` octets (RFC 3030)."""
        while len(self._buffer) - self._at < count:
            self._fill()
        octets = bytes(self._buffer[self._at : self._at + count])
        self._at += count
        return octets

    def skip_octets(self, count: int) -> None:
        """Read `count` octets and keep none."""
        while count:
            self.await_input()
            step = min(count, len(self._buffer) - self._at)
            self._at += step
            count -= step

    def read_content(self, most: int = 0) -> bytes | None:
        """Everything before the lone dot, dots unstuffed (RFC 5321 §4.5.2).

        None when it had more than `most` octets (0: any number); then it was read, not kept.
        """
        # The CRLF of the DATA line belongs to the lone dot of an empty content.
        self._buffer[: self._at] = b"\r\n"
        self._at = searched = 0
        kept = True
        while (end := self._buffer.find(LONE_DOT, searched)) < 0:
            searched = max(0, len(self._buffer) - len(LONE_DOT) + 1)
            if most and searched > 2 * most + RECEIVE:
                del self._buffer[:searched]
                searched, kept = 0, False
            self._fill()
        stuffed = bytes(self._buffer[: end + 2])
        self._at = end + len(LONE_DOT)
        content = stuffed.replace(b"\r\n.", b"\r\n")[2:]
        return content if kept and not 0 < most < len(content) else None

    def _fill(self) -> None:
        self._let_go()
        octets = self._receive()
        if not octets:
            self.flush()  # the peer may have closed its half only
            raise Ended
        del self._buffer[: self._at]
        self._at = 0
        self._buffer += octets

    def _receive(self) -> bytes:
        """The next octets, while replies leave in their time."""
        if not self._leaving and self._idle_timeout is None:
            octets = self._sock.recv(RECEIVE)
        else:
            octets = self._receive_in_time()
        self._arrived = monotonic()
        return octets

    def _receive_in_time(self) -> bytes:
        patience = monotonic() + self._idle_timeout if self._idle_timeout else inf
        while True:
            self._send_due()
            pause = min(patience, self._leaving[0][0] if self._leaving else inf) - monotonic()
            self._sock.settimeout(max(0.0005, pause) if pause < inf else None)
            try:
                return self._sock.recv(RECEIVE)
            except TimeoutError:
                if monotonic() >= patience:
                    raise Idle from None
            finally:
                self._sock.settimeout(None)

    # writing

    def say(self, octets: bytes) -> None:
        """Queue octets; they leave with the rest of their group."""
        self._replies.append(octets)

    def flush(self) -> None:
        """Send all that was said, each group when its time has come."""
        self._let_go()
        while self._leaving:
            self.stopping.wait(max(0.0, self._leaving[0][0] - monotonic()))
            self._sock.sendall(self._leaving.popleft()[1])

    def send(self, octets: bytes) -> None:
        """Send octets now."""
        self._sock.sendall(octets)

    def _let_go(self) -> None:
        if not self._replies:
            return
        octets = b"".join(self._replies)
        self._replies.clear()
        if self._latency:
            self._leaving.append((self._arrived + self._latency, octets))
        else:
            self._sock.sendall(octets)

    def _send_due(self) -> None:
        while self._leaving and self._leaving[0][0] <= monotonic():
            self._sock.sendall(self._leaving.popleft()[1])

    # TLS

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on over TLS. Plaintext received before is thrown away (RFC 3207 §4)."""
        self.flush()
        self._buffer.clear()
        self._at = 0
        self.stopping.wait(self._latency)
        # A duplicate is wrapped: `abort` and `close` always have the plain socket in hand.
        self._sock = context.wrap_socket(
            self._raw.dup(), server_side=True, do_handshake_on_connect=False
        )
        self._sock.do_handshake()
        self.tls = True
        self._arrived = monotonic()

    # endings

    def hang_up(self) -> None:
        """Send what was said, close_notify and FIN, and wait a moment for the peer's FIN."""
        self.flush()
        if isinstance(self._sock, ssl.SSLSocket):
            self._sock.settimeout(0)
            with contextlib.suppress(OSError):
                self._sock.unwrap()
        self.drop()

    def drop(self) -> None:
        """Send FIN, and wait a moment for the peer's; what it sends meanwhile is thrown away."""
        end = monotonic() + LINGER
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_WR)
            while (left := end - monotonic()) > 0:
                self._raw.settimeout(left)
                if not self._raw.recv(RECEIVE):
                    return

    def reset(self) -> None:
        """Close with RST."""
        self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER_FORMAT, 1, 0))
        self.close()

    def close(self) -> None:
        """Free the sockets."""
        self._sock.close()
        self._raw.close()

    def abort(self) -> None:
        """End the talk from another thread: whoever reads or writes wakes up."""
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)

    def fileno(self) -> int:
        """The file descriptor, for those who poll."""
        return self._raw.fileno()
