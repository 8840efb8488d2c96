"""A relay that is far away: a proxy that holds back every octet for half a round trip, each way.

`python -m benchmarks.far_away PORT SECONDS` stands in front of 127.0.0.1:PORT. What it models is a
line without loss and of any bandwidth: chunks pass in order, each as long after its arrival as the
others, however much is under way. There is no slow start.

Connecting costs one and a half round trips, as over a real line: SYN, SYN-ACK, and the ACK behind
which the relay knows of it. The kernel answers the client's SYN at once, so here it is the proxy
that turns to the relay that much later, and lets nothing of the client's pass before. A client that
waits for the banner, as SMTP and TLS clients do, cannot tell the difference: it comes two round
trips after `connect`.
"""

from __future__ import annotations

import heapq
import itertools
import json
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

MOST = 1 << 18
"""Octets read at once."""


def main() -> None:
    port, round_trip = sys.argv[1:]
    FarAway(int(port), float(round_trip)).run()


class FarAway:
    """One thread; `select`, for `epoll` sleeps whole milliseconds only."""

    def __init__(self, port: int, round_trip: float) -> None:
        self._relay = ("127.0.0.1", port)
        self._round_trip = round_trip
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self._heard: dict[int, Callable[[], None]] = {
            self._listener.fileno(): self._accept,
            sys.stdin.fileno(): leave_at_end,
        }
        self._ways: dict[int, Way] = {}
        """Those with a backlog, by the socket that was full."""
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def run(self) -> None:
        """Until standard input ends."""
        print(json.dumps(self._listener.getsockname()[1]), flush=True)
        while True:
            readable, writable, _ = select.select(self._heard, self._ways, (), self._left())
            for descriptor in writable:
                self._flush(self._ways[descriptor])
            for descriptor in readable:
                self._heard[descriptor]()
            while self._due and self._due[0][0] <= time.monotonic():
                heapq.heappop(self._due)[2]()

    def _left(self) -> float | None:
        return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None

    def _at(self, due: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._due, (due, next(self._order), event))

    def _accept(self) -> None:
        line = Line(self._listener.accept()[0], time.monotonic() + 1.5 * self._round_trip)
        self._at(line.opens, lambda: line.relay.connect(self._relay))
        self._at(line.opens, lambda: self._carry(Way(line, line.relay, line.client)))
        self._carry(Way(line, line.client, line.relay))

    def _carry(self, way: Way) -> None:
        self._heard[way.source.fileno()] = lambda: self._hear(way)

    def _hear(self, way: Way) -> None:
        data = received(way.source)
        due = max(time.monotonic() + self._round_trip / 2, way.line.opens)
        self._at(due, lambda: self._pass_on(way, data))
        if not data:
            del self._heard[way.source.fileno()]

    def _pass_on(self, way: Way, data: bytes) -> None:
        way.backlog.append(memoryview(data))
        self._flush(way)

    def _flush(self, way: Way) -> None:
        self._ways.pop(way.sink.fileno(), None)
        if not way.flush():
            self._ways[way.sink.fileno()] = way


class Line:
    """A client and the relay, which knows of it from `opens` on."""

    def __init__(self, client: socket.socket, opens: float) -> None:
        self.client, self.relay, self.opens = client, socket.socket(), opens
        self._ways = 2
        for sock in (self.client, self.relay):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def end_way(self) -> None:
        """The second one ends the line."""
        self._ways -= 1
        if self._ways == 0:
            self.client.close()
            self.relay.close()


class Way:
    """From one socket to the other; a backlog of b"" is its end."""

    def __init__(self, line: Line, source: socket.socket, sink: socket.socket) -> None:
        self.line, self.source, self.sink = line, source, sink
        self.backlog: deque[memoryview] = deque()

    def flush(self) -> bool:
        """Send what can be sent; whether that was all."""
        while self.backlog:
            data = self.backlog.popleft()
            if not data:
                hang_up(self.sink)
                self.line.end_way()
            elif left := data[sent(self.sink, data) :]:
                self.backlog.appendleft(left)
                return False
        return True


def received(sock: socket.socket) -> bytes:
    try:
        return sock.recv(MOST)
    except ConnectionError:
        return b""


def sent(sock: socket.socket, data: memoryview) -> int:
    """How many octets the socket took; what nobody hears is gone."""
    try:
        return sock.send(data, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return 0
    except ConnectionError:
        return len(data)


def hang_up(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)


def leave_at_end() -> None:
    if not os.read(sys.stdin.fileno(), 100):
        raise SystemExit


if __name__ == "__main__":
    main()
