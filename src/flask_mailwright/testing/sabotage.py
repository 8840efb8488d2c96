"""Acting out a fault on a connection: every way to misbehave except a wrong reply."""

from __future__ import annotations

import itertools
import select
from collections.abc import Callable

from .faults import Fault
from .wire import Ended, Wire

GARBAGE = b"\x00\xff\x16\x03HTTP/1.1 400 Bad Request\r\n\r\n"
ENDLESS_OCTETS = 32 * 1024
POLL = 0.02  # seconds between two looks whether a stalled peer has gone

_CODES = {"banner": 220, "tls": 220, "starttls": 220, "auth": 235, "data": 354, "quit": 221}


def misbehave(wire: Wire, fault: Fault) -> None:
    """Do what the fault says, after the replies already said; raises Ended if it ends the talk."""
    wire.flush()
    if isinstance(fault.way, bytes):
        wire.send(fault.way)
    else:
        _ACTS[fault.way](wire, fault)


def _drop(wire: Wire, fault: Fault) -> None:
    wire.drop()
    raise Ended


def _reset(wire: Wire, fault: Fault) -> None:
    wire.reset()
    raise Ended


def _stall(wire: Wire, fault: Fault) -> None:
    """Neither read nor write until the peer hangs up or the server stops."""
    while not wire.stopping.wait(POLL) and not _hung_up(wire):
        pass
    raise Ended


def _trickle(wire: Wire, fault: Fault) -> None:
    """A reply of one octet each `pace` seconds, without an end."""
    for octet in itertools.cycle(_continuation(fault)):
        wire.send(bytes((octet,)))
        if wire.stopping.wait(fault.pace):
            raise Ended


def _endless(wire: Wire, fault: Fault) -> None:
    """Continuation lines as fast as the peer takes them."""
    line = _continuation(fault)
    lines = line * (ENDLESS_OCTETS // len(line))
    while not wire.stopping.is_set():
        wire.send(lines)
    raise Ended


def _endless_line(wire: Wire, fault: Fault) -> None:
    """One line without CRLF as fast as the peer takes it."""
    wire.send(_continuation(fault).rstrip())
    while not wire.stopping.is_set():
        wire.send(b"x" * ENDLESS_OCTETS)
    raise Ended


def _garbage(wire: Wire, fault: Fault) -> None:
    wire.send(GARBAGE)


_ACTS: dict[str, Callable[[Wire, Fault], None]] = {
    "drop": _drop,
    "reset": _reset,
    "stall": _stall,
    "trickle": _trickle,
    "endless": _endless,
    "endless-line": _endless_line,
    "garbage": _garbage,
}


def _continuation(fault: Fault) -> bytes:
    """A line of a reply that promises another line."""
    return b"%d-and there is more to say\r\n" % _CODES.get(fault.stage, 250)


def _hung_up(wire: Wire) -> bool:
    """Whether the peer has closed, seen without reading what it sent (where poll can tell)."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(wire.fileno(), getattr(select, "POLLRDHUP", 0))
    return bool(poll.poll(0))
