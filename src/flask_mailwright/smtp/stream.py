"""A socket whose every wait ends in time."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from .breaks import EndOfTalk

_RECEIVE = 16384


class Stream:
    """Bytes out and in, over TCP and then over TLS; `handed` counts what the kernel took."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._seconds = -1.0
        self.local: Any = sock.getsockname()
        self.handed = 0

    def send(self, data: bytes, seconds: float) -> None:
        """All of `data`, or TimeoutError once no octet has left for so long."""
        self._wait(seconds)
        sent = self._socket.send(data)
        self.handed += sent
        while sent < len(data):
            more = self._socket.send(memoryview(data)[sent:])
            self.handed += more
            sent += more

    def receive(self, seconds: float) -> bytes:
        """What has come, at the latest after so many seconds; 0 does not wait."""
        self._wait(seconds)
        data = self._socket.recv(_RECEIVE)
        if not data:
            raise EndOfTalk
        return data

    def secure(self, context: ssl.SSLContext, host: str, seconds: float) -> str:
        """Speak TLS from here on; returns its version."""
        self._wait(seconds)
        name = host.rstrip(".").encode("ascii")  # as octets: see `world.dial`
        secured = context.wrap_socket(self._socket, server_hostname=name)
        self._socket = secured
        return secured.version() or ""

    def _wait(self, seconds: float) -> None:
        if seconds != self._seconds:  # each setting is a system call
            self._socket.settimeout(seconds)
            self._seconds = seconds

    def close(self) -> None:
        """Never used again."""
        self._socket.close()
