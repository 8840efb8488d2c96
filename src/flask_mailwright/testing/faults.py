"""What the test server shall do wrong: frozen faults, and the plan that says when each is due."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

Stage = Literal[
    "connect", "banner", "ehlo", "helo", "starttls", "tls", "auth", "mail", "rcpt", "data", "bdat",
    "body", "final_dot", "rset", "noop", "quit",
]  # fmt: skip

STAGES: tuple[str, ...] = get_args(Stage)
WAYS = ("drop", "reset", "stall", "trickle", "endless", "endless-line", "garbage")
WAYS_AT_CONNECT = ("drop", "reset", "stall")
ADDRESSED_STAGES = ("auth", "mail", "rcpt", "data", "bdat", "body", "final_dot")


class Placing(TypedDict, total=False):
    """The keywords that say when a fault is due; `SMTPServer.fault` explains them."""

    times: int | None
    after: int
    address: str | None
    accept: bool
    pace: float


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of misbehaviour at one stage of the talk.

    `way` is one of `WAYS`, a reply ("450 4.2.0 try later", sent verbatim, so it may hold CRLF),
    or bytes, sent verbatim where a reply was due. The other fields: see `SMTPServer.fault`.
    """

    stage: Stage
    way: str | bytes
    times: int | None = 1
    after: int = 0
    address: str | None = None
    accept: bool = False
    pace: float = 0.05

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise ValueError(f"no stage {self.stage!r}: use one of {', '.join(STAGES)}")
        if not (isinstance(self.way, bytes) or self.way in WAYS or self.reply):
            raise ValueError(
                f"no way {self.way!r} to misbehave: use a reply that begins with three digits, "
                f"bytes, or one of {', '.join(WAYS)}"
            )
        if self.stage == "connect" and self.way not in WAYS_AT_CONNECT:
            raise ValueError(f"'connect' knows {', '.join(WAYS_AT_CONNECT)}; use 'banner' or 'tls'")
        if self.address is not None and self.stage not in ADDRESSED_STAGES:
            raise ValueError(f"{self.stage!r} has no address; {', '.join(ADDRESSED_STAGES)} have")
        if self.accept and self.stage != "final_dot":
            raise ValueError("accept=True is for 'final_dot': elsewhere there is no mail to accept")

    @property
    def reply(self) -> str | None:
        """The reply that is said, or None when the fault is none."""
        if isinstance(self.way, str) and len(self.way) >= 3 and self.way[:3].isdecimal():
            return self.way
        return None

    @property
    def agrees(self) -> bool:
        """Whether the reply is the positive one of its stage: 3yz to DATA, 2yz elsewhere."""
        return (self.reply or "")[:1] == ("3" if self.stage == "data" else "2")

    def concerns(self, stage: str, addresses: Iterable[str]) -> bool:
        """Whether it was placed for this stage and one of these addresses."""
        if self.stage != stage:
            return False
        return self.address is None or self.address.lower() in (a.lower() for a in addresses)


@dataclass(slots=True)
class _Placed:
    """A fault and how often it was met and acted out."""

    fault: Fault
    met: int = 0
    done: int = 0

    def meet(self) -> bool:
        """Count one more occurrence; True when the fault is due at it."""
        self.met += 1
        left = self.fault.times is None or self.done < self.fault.times
        return left and self.met > self.fault.after


class FaultPlan:
    """The faults placed at a server; of those due at an occurrence the first placed is taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._placed: list[_Placed] = []

    def place(self, fault: Fault) -> None:
        """Add a fault behind those placed before."""
        with self._lock:
            self._placed.append(_Placed(fault))

    def clear(self) -> None:
        """Forget all faults; those being acted out go on."""
        with self._lock:
            self._placed.clear()

    def take(self, stage: str, addresses: Iterable[str] = ()) -> Fault | None:
        """The fault due at this occurrence of `stage`, counted as done; None when all is well."""
        if not self._placed:
            return None
        with self._lock:
            met = [p for p in self._placed if p.fault.concerns(stage, addresses)]
            due = [placed for placed in met if placed.meet()]
            if not due:
                return None
            due[0].done += 1
            return due[0].fault
