import random
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.beside import Beside

ROUND_TRIP = 0.04


def echo(listener: socket.socket) -> None:
    """Greet, and say everything back."""
    sock, _ = listener.accept()
    with sock:
        sock.sendall(b"hello")
        while data := sock.recv(65536):
            sock.sendall(data)


@pytest.fixture
def far() -> Iterator[Beside]:
    """A far line to a relay that greets and echoes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=echo, args=[listener])
        thread.start()
        port = listener.getsockname()[1]
        with Beside("benchmarks.far_away", str(port), str(ROUND_TRIP)) as line:
            yield line
        thread.join()


def test_connecting_costs_a_round_trip(far: Beside) -> None:
    """The banner comes two round trips after the call, an echo one after it was sent."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", far.port)) as client:
        assert client.recv(5) == b"hello"
        greeted = time.monotonic()
        client.sendall(b"a")
        assert client.recv(1) == b"a"
        echoed = time.monotonic()
    assert greeted - began >= 2 * ROUND_TRIP
    assert echoed - greeted >= ROUND_TRIP


def test_octets_pass_in_order_and_at_once(far: Beside) -> None:
    """Five megabytes come back as they were, and take little longer than one octet."""
    octets = random.Random(7).randbytes(5_000_000)
    with socket.create_connection(("127.0.0.1", far.port)) as client:
        client.recv(5)
        threading.Thread(target=say, args=[client, octets]).start()
        began = time.monotonic()
        heard = b"".join(iter(lambda: client.recv(1 << 20), b""))
    assert heard == octets
    assert time.monotonic() - began < 20 * ROUND_TRIP


def say(client: socket.socket, octets: bytes) -> None:
    """All of them, and no more."""
    client.sendall(octets)
    client.shutdown(socket.SHUT_WR)
