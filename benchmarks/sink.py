"""A relay that takes everything, fast, in a process of its own: `python -m benchmarks.sink`.

Its arguments are the EHLO keywords it offers, as `CHUNKING`, and with `STARTTLS` the PEM file with
its certificate behind `--chain`. Asked anything, it tells what came since it was asked before.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import selectors
import socket
import ssl
import sys
import time
from collections.abc import Callable

from benchmarks.intake import Intake, Tally

MOST = 1 << 18
"""Octets read at once."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("offer", nargs="*")
    parser.add_argument("--chain")
    chosen = parser.parse_args()
    Sink(tuple(chosen.offer), chosen.chain and context(chosen.chain)).run()


def context(chain: str) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    return tls


class Sink:
    """One thread, all talks."""

    def __init__(self, offer: tuple[str, ...], tls: ssl.SSLContext | None) -> None:
        self._offer, self._tls = offer, tls
        self._tally = Tally()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(sys.stdin, selectors.EVENT_READ, self._tell)
        self._busy = 0.0

    def run(self) -> None:
        """Until standard input ends."""
        say(self._listener.getsockname()[1])
        while True:
            for key, _ in self._selector.select():
                heard: Callable[[], None] = key.data
                heard()

    def _accept(self) -> None:
        sock = self._listener.accept()[0]
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk = Talk(sock, Intake(self._tally, self._offer), self._tls)
        self._selector.register(sock, selectors.EVENT_READ, lambda: self._hear(talk))

    def _hear(self, talk: Talk) -> None:
        talk.hear()
        if talk.ended:
            self._selector.unregister(talk.sock)
            talk.sock.close()

    def _tell(self) -> None:
        if not os.read(sys.stdin.fileno(), 100):
            raise SystemExit
        told, self._tally.__dict__ = vars(self._tally), vars(Tally())
        kept = {number: base64.b64encode(mail).decode() for number, mail in told["kept"].items()}
        busy, self._busy = time.process_time() - self._busy, time.process_time()
        say({**told, "kept": kept, "cpu": busy})


class Talk:
    """One client: a greeting, and then what the intake says."""

    def __init__(self, sock: socket.socket, intake: Intake, tls: ssl.SSLContext | None) -> None:
        self.sock = sock
        self.ended = False
        self._intake, self._tls = intake, tls
        self._buffer = memoryview(bytearray(MOST))
        sock.sendall(b"220 sink\r\n")

    def hear(self) -> None:
        """All that came; what lies in the TLS layer wakes nobody up."""
        try:
            self._answer(self._received())
            while isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
                self._answer(self._received())
        except ssl.SSLWantReadError:
            return
        except ConnectionError:
            self.ended = True

    def _received(self) -> bytes:
        return bytes(self._buffer[: self.sock.recv_into(self._buffer)])

    def _answer(self, data: bytes) -> None:
        if replies := self._intake.feed(data):
            self.sock.sendall(replies)
        if self._intake.secure and self._tls and not isinstance(self.sock, ssl.SSLSocket):
            self._shake_hands(self._tls)
        self.ended = not data or self._intake.ended

    def _shake_hands(self, tls: ssl.SSLContext) -> None:
        """The others wait meanwhile: who uses TLS here comes alone."""
        self.sock = tls.wrap_socket(self.sock, server_side=True)
        self.sock.setblocking(False)


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
