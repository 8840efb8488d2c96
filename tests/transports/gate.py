"""A gate before a server, which hangs up on clients without that server's manners."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from flask_mailwright.testing import SMTPServer

ACCEPTED = re.compile(rb"queued as .*\r\n")
LINGER = 5.0  # seconds
LINGER_FORMAT = "hh" if sys.platform == "win32" else "ii"

Leave = Callable[[socket.socket], object]


class Gate:
    """Carries octets to and fro, and lets `leave` end the connection of a client.

    That is right behind the reply that accepts the client's mail number `mails`, when what was
    said behind this reply is held back; or when, behind its first mail, nobody has said anything
    for `idle` seconds.
    """

    def __init__(
        self,
        server: SMTPServer,
        leave: Leave,
        *,
        mails: int | None = None,
        idle: float | None = None,
    ) -> None:
        self._upstream = (server.host, server.port)
        self._leave = leave
        self._mails = mails
        self._idle = idle
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """Where the server seems to be."""
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for sock in (self._listener, *self._clients):
            with contextlib.suppress(OSError):  # it is closed already
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LINGER)
        self._listener.close()

    def _run(self, act: Callable[..., object], *arguments: object) -> None:
        thread = threading.Thread(target=act, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self._clients.append(client)
                self._run(self._attend, client)

    def _attend(self, client: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(self._upstream) as upstream,
        ):
            for sock in (client, upstream):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._carry(client, upstream):
                self._leave(client)

    def _carry(self, client: socket.socket, upstream: socket.socket) -> bool:
        """Until one side hangs up (False), or it is time for the gate to do so (True)."""
        accepted = 0
        while ready := self._ready(client, upstream, accepted):
            octets = ready.recv(65536)
            if not octets:
                return False
            if ready is client:
                upstream.sendall(octets)
                continue
            for acceptance in ACCEPTED.finditer(octets):
                accepted += 1
                if accepted == self._mails:
                    client.sendall(octets[: acceptance.end()])
                    return True
            client.sendall(octets)
        return True

    def _ready(
        self, client: socket.socket, upstream: socket.socket, accepted: int
    ) -> socket.socket | None:
        """Who has said something; None when that takes too long."""
        patience = self._idle if accepted else None
        return next(iter(select.select([client, upstream], [], [], patience)[0]), None)


def fin(client: socket.socket) -> None:
    """Send FIN, and read on until the client has closed too."""
    client.settimeout(LINGER)
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):
        pass


def goodbye(client: socket.socket) -> None:
    """Send a 421 that answers nothing, and FIN."""
    client.sendall(b"421 4.3.2 going down\r\n")
    fin(client)


def shut(client: socket.socket) -> None:
    """Close at once: what the client says afterwards is answered with RST."""
    client.close()


def reset(client: socket.socket) -> None:
    """Send RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER_FORMAT, 1, 0))
    client.close()


WAYS = (fin, goodbye, shut, reset)
