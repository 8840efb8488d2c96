"""What the code asks of its surroundings, time, chance, sockets and DNS, in one frozen object."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from .chance import Tokens
from .txt import Nameserver, Records


def dial(host: str, port: int, seconds: float) -> socket.socket:
    """A TCP connection to the first address of `host` that answers, within `seconds` in all.

    An address that is silent leaves the others their share of the time.
    """
    deadline = time.monotonic() + seconds
    # As octets: text goes through a codec that is imported then, which hangs in a child that was
    # forked at that moment.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    failure: OSError = OSError(f"{host} has no address")
    for untried, (*kind, _, address) in zip(range(len(found), 0, -1), found, strict=True):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no connection within {seconds:g} s") from failure
        try:
            return _connected(socket.socket(*kind), address, left / untried)
        except OSError as error:
            failure = error
    raise failure


def _connected(sock: socket.socket, address: Any, seconds: float) -> socket.socket:
    try:
        sock.settimeout(seconds)
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


class World(NamedTuple):
    """Tests build one of these; nothing else asks for time, chance, a socket or DNS."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    token: Callable[[], str] = Tokens()
    """32 hexadecimal digits that never come twice."""
    connect: Callable[[str, int, float], socket.socket] = dial
    """host, port, seconds -> a connected TCP socket, or OSError."""
    txt: Callable[[str], Records] = Nameserver().txt
    """The TXT records of a name, or MailError when nobody can tell."""
