"""A circuit breaker: a relay that cannot be talked to is left alone for a while.

So no mail waits for one that is known to be down, and no account is locked because of ten thousand
logins with a wrong password.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from typing import TypeVar

from ..world import World
from .failure import Failure
from .replies import shorten

logger = logging.getLogger(__name__)

FAILURES = 3
"""So many in a row, and it opens."""
FIRST = 5.0
"""Seconds for which it is open then; twice as many after each probe that fails."""
MOST = 60.0
"""Seconds for which it is open at most, and for which a probe that says nothing is waited for."""

T = TypeVar("T")


class Breaker:
    """Watches over the making of talks with one relay; threads share it, a forked child must not.

    Closed, it lets all through. After `failures` in a row it is open for `first` seconds and lets
    nobody through, and then one, the probe, which closes it or opens it for twice as long, at most
    `most` seconds.
    """

    def __init__(
        self,
        relay: str,
        world: World,
        *,
        failures: int = FAILURES,
        first: float = FIRST,
        most: float = MOST,
    ) -> None:
        self._relay = relay
        self._monotonic = world.monotonic
        self._limit = failures
        self._first = first
        self._most = most
        self._lock = threading.Lock()
        self._failures = 0
        self._last = Failure("", "")
        self._pause = 0.0
        """How long it is open; 0 when it is closed."""
        self._until = 0.0
        self._probing = False

    def open(self, make: Callable[[], T]) -> T:
        """What `make` makes; its `Failure` is counted, and any other exception is not.

        Without asking `make`: `Failure`, which is as the last one was and says so.
        """
        probe = self._admit()
        try:
            made = make()
        except Failure as failure:
            self._failed(failure, probe=probe)
            raise
        except BaseException:
            self._gave_up(probe=probe)
            raise
        self._succeeded()
        return made

    def _admit(self) -> bool:
        """Whether this one is the probe."""
        with self._lock:
            if not self._pause:
                return False
            now = self._monotonic()
            if now < self._until:
                raise self._refusal(self._until - now)
            self._probing, self._until = True, now + self._most
            return True

    def _failed(self, failure: Failure, *, probe: bool) -> None:
        with self._lock:
            self._failures += 1
            self._last = failure.again()
            opens = not self._pause and self._failures >= self._limit
            if opens or (self._pause and probe):
                self._pause = min(self._pause * 2 or self._first, self._most)
                self._probing, self._until = False, self._monotonic() + self._pause
            failures, pause = self._failures, self._pause
        if opens:
            told = "%s failed %d times in a row: it is left alone for %g s at first; last it %s"
            _tell(logging.WARNING, told, self._relay, failures, pause, shorten(failure.reason))

    def _gave_up(self, *, probe: bool) -> None:
        """Another may be the probe at once."""
        with self._lock:
            if probe:
                self._probing, self._until = False, self._monotonic()

    def _succeeded(self) -> None:
        with self._lock:
            failures, was_open = self._failures, self._pause > 0
            self._failures, self._pause = 0, 0.0
        if was_open:
            _tell(logging.INFO, "%s works again, after %d failures", self._relay, failures)

    def _refusal(self, left: float) -> Failure:
        """It bears no reply: the relay has said nothing about the mail in hand."""
        when = "is being tried just now" if self._probing else f"is tried again in {left:.1f} s"
        last = self._last
        reason = f"was not tried: it failed {self._failures} times in a row and {when}"
        refusal = Failure(f"{reason}; last it {last.reason}", last.stage, last.kind, last.advice)
        refusal.__cause__ = last.system_error
        refusal.retry_in = min(left, self._first) if self._probing else left
        return refusal


def _tell(level: int, told: str, *about: object) -> None:
    try:
        logger.log(level, told, *about)
    except Exception:  # noqa: BLE001 - a log handler's trouble is not the talk's
        traceback.print_exc()
