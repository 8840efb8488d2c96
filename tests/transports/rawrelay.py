"""A relay that is a function of a plain socket, for what no SMTP server would do."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

TO_DATA = (
    (b"", b"220 hi\r\n"),
    (b"EHLO", b"250 raw\r\n"),
    (b"MAIL", b"250 ok\r\n"),
    (b"RCPT", b"250 ok\r\n"),
    (b"DATA", b"354 go\r\n"),
)


class RawRelay:
    """Listens on loopback and runs `behaviour` with the first connection, with small buffers."""

    def __init__(self, behaviour: Callable[[socket.socket], object]) -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with contextlib.suppress(OSError), self._listener.accept()[0] as sock:
            sock.settimeout(5)
            self._behaviour(sock)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.close()
        self._thread.join(10)


def lead_to_content(sock: socket.socket) -> None:
    """Say yes until the content is due."""
    for command, reply in TO_DATA:
        if command:
            assert sock.recv(1000).startswith(command)
        sock.sendall(reply)


def small_buffers(host: str, port: int, seconds: float) -> socket.socket:
    """For World.connect: a socket that takes little before the relay reads."""
    sock = socket.create_connection((host, port), seconds)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
    return sock
