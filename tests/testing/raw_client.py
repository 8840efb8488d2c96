"""A client that says what it is told, octet by octet, and reads replies as they come."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

from flask_mailwright.testing import SMTPServer


class RawClient:
    """One connection to a server."""

    def __init__(self, server: SMTPServer, *, tls: ssl.SSLContext | None = None) -> None:
        self.sock = socket.create_connection((server.host, server.port), timeout=5)
        if tls is not None:
            self.start_tls(tls)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands; closes the connection when that fails."""
        try:
            self.sock = context.wrap_socket(
                self.sock, server_hostname="127.0.0.1", suppress_ragged_eofs=False
            )
        except OSError:
            self.sock.close()
            raise

    def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        self.sock.sendall(octets)

    def reply(self) -> str:
        """The next reply, all its lines, without the last CRLF."""
        return "\n".join(self._lines())

    def ask(self, line: str) -> str:
        """Send a command line and read its reply."""
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def codes(self, *lines: str) -> list[str]:
        """The codes of the replies to command lines sent one after the other."""
        return [self.ask(line)[:3] for line in lines]

    def rest(self) -> bytes:
        """Everything until the server closes."""
        return b"".join(iter(lambda: self.sock.recv(65536), b""))

    def close(self) -> None:
        """Close at once."""
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _lines(self) -> Iterator[str]:
        line = b"   -"
        while line[3:4] == b"-":
            line = self._line()
            yield line.decode()

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\r\n"):
            octet = self.sock.recv(1)
            if not octet:
                raise EOFError(f"the server closed after {line!r}")
            line += octet
        return line[:-2]


def eventually(holds: Callable[[], bool], within: float = 5.0) -> bool:
    """Whether a condition comes true within some seconds."""
    end, never = time.monotonic() + within, threading.Event()
    while not holds() and time.monotonic() < end:
        never.wait(0.002)
    return holds()


@contextlib.contextmanager
def greeted(server: SMTPServer, *, tls: ssl.SSLContext | None = None) -> Iterator[RawClient]:
    """A client that has read the banner and said EHLO."""
    with RawClient(server, tls=tls) as client:
        client.reply()
        client.ask("EHLO client.example")
        yield client


def send_mail(client: RawClient, content: bytes = b"hi\r\n") -> str:
    """Send one mail with DATA, step by step, and return the reply to the content."""
    client.codes("MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA")
    client.send(content + b".\r\n")
    return client.reply()
