"""What the test server says: replies, unless a fault is due in their place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from .faults import Fault, FaultPlan
from .sabotage import misbehave
from .syntax import Refusal
from .wire import Ended, Wire


class Voice:
    """The server's replies on one wire, with the faults placed for them."""

    def __init__(self, wire: Wire, faults: FaultPlan) -> None:
        self._wire = wire
        self._faults = faults

    def answer(self, stage: str, act: Callable[[], str], addresses: tuple[str, ...] = ()) -> bool:
        """Do what a command asks and say so, unless a fault is due; True if it was granted.

        A positive reply of a fault replaces what is said: the act is done where it can be.
        """
        fault = self._faults.take(stage, addresses)
        if fault is None:
            self.say(act())
            return True
        if fault.accept or fault.agrees:
            with contextlib.suppress(Refusal):
                act()
        self.act_out(fault)
        return fault.agrees

    def fault_at(self, stage: str, addresses: tuple[str, ...] = ()) -> Fault | None:
        """The fault due at this occurrence of a stage."""
        return self._faults.take(stage, addresses)

    def act_out(self, fault: Fault) -> None:
        """Do or say what a fault says; 421 hangs up."""
        if fault.reply is None:
            misbehave(self._wire, fault)
        elif fault.reply.startswith("421"):
            self.end(fault.reply)
        else:
            self.say(fault.reply)

    def say(self, reply: str) -> None:
        """Queue a reply."""
        self._wire.say((reply + "\r\n").encode("utf-8", "surrogateescape"))

    def end(self, reply: str) -> None:
        """Say a last reply and hang up."""
        self.say(reply)
        self._wire.hang_up()
        raise Ended
