"""A socket whose every wait ends in time, either here or with whoever attends to many of them."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Any, NamedTuple

from .breaks import EndOfTalk
from .waiting import Block, Waiting

_RECEIVE = 16384
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Security(NamedTuple):
    """The version of TLS, "" without; and when the certificate ends, in seconds since 1970."""

    version: str = ""
    good_until: float | None = None


class Stream:
    """Bytes out and in, over TCP and then over TLS; `handed` counts what the kernel took.

    `blocking`: it waits itself; else it asks for that.
    """

    def __init__(self, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.local: Any = sock.getsockname()
        except OSError:
            sock.close()
            raise
        self._socket = sock
        self._seconds = -1.0
        self.blocking = True
        self.handed = 0

    def send(self, data: bytes, seconds: float) -> Waiting[None]:
        """All of `data`, or TimeoutError once no octet has left for so long."""
        self._wait(seconds)
        sent = 0
        while sent < len(data):
            try:
                more = self._socket.send(memoryview(data)[sent:] if sent else data)
            except _NOT_NOW as reason:  # TLS may have to read before it can write
                writing = not isinstance(reason, ssl.SSLWantReadError)
                yield Block(self._socket, writing, seconds)
            else:
                self.handed += more
                sent += more

    def receive(self, seconds: float) -> Waiting[bytes]:
        """What has come, at the latest after so many seconds; nothing, if it is half a record."""
        self._wait(seconds)
        if not (self.blocking or self._has_more):
            yield Block(self._socket, False, seconds)
        try:
            return self._received()
        except _NOT_NOW:
            return b""

    def peek(self) -> bytes:
        """What has come, or nothing."""
        self._wait(0)
        try:
            return self._received()
        except _NOT_NOW:
            return b""

    def secure(self, context: ssl.SSLContext, host: str, seconds: float) -> str:
        """Speak TLS from here on; returns its version."""
        self._socket.settimeout(seconds)
        name = host.rstrip(".").encode("ascii")  # as octets: see `world.dial`
        secured = context.wrap_socket(self._socket, server_hostname=name)
        self._socket, self._seconds = secured, seconds
        return secured.version() or ""

    @property
    def security(self) -> Security:
        """The TLS that is spoken."""
        if not isinstance(self._socket, ssl.SSLSocket):
            return Security()
        shown = self._socket.getpeercert() or {}
        ends = shown.get("notAfter")
        seconds = ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None
        return Security(self._socket.version() or "", seconds)

    def close(self) -> None:
        """Never used again."""
        self._socket.close()

    def cut(self) -> None:
        """From another thread: whoever sends or waits here hears at once that the talk is over."""
        with suppress(OSError):  # it is over already
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # TLS would change its state

    def _wait(self, seconds: float) -> None:
        seconds = seconds if self.blocking else 0
        if seconds != self._seconds:  # each setting is a system call
            self._socket.settimeout(seconds)
            self._seconds = seconds

    @property
    def _has_more(self) -> bool:
        """TLS may have read what nobody has asked it for yet."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _received(self) -> bytes:
        data = self._socket.recv(_RECEIVE)
        if not data:
            raise EndOfTalk
        return data
