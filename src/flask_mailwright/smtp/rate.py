"""How many mails a relay gets in a time: a token bucket, and what many processes ask for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ..world import World

MOST_MAILS = 1_000_000
_UNITS = {1.0: "s", 60.0: "m", 3600.0: "h"}


class Rate(NamedTuple):
    """So many mails in so many seconds, evenly spread.

    >>> str(Rate(600, 60.0)), Rate(600, 60.0).burst
    ('600/m', 30)
    """

    mails: int
    seconds: float

    @property
    def burst(self) -> int:
        """Mails that may go at once behind a silence: a twentieth, so no period has much more."""
        return max(1, self.mails // 20)

    @property
    def step(self) -> float:
        """Seconds from one mail to the next."""
        return self.seconds / self.mails

    def __str__(self) -> str:
        return f"{self.mails}/{_UNITS.get(self.seconds) or f'{self.seconds:g}s'}"


class Wanted(NamedTuple):
    """So many mails want to go to a relay, the first within `most` seconds.

    `name` is that of the relay, its account and its rate.
    """

    name: str
    rate: Rate
    mails: int
    most: float


class Slots(NamedTuple):
    """The first of so many mails may go in `pause` seconds, each other a step of the rate later.

    `pause` is below 0 when it might have gone before. No mails: that is longer than was wanted, and
    nothing was counted.
    """

    pause: float
    mails: int


Share: TypeAlias = Callable[[Wanted], Slots | None]
"""Counts mails together with other processes; None when there are none, MailError when it fails."""


def rate(value: str) -> Rate:
    """Mails per second, minute or hour; ValueError if it is none.

    >>> rate("3000/h")
    Rate(mails=3000, seconds=3600.0)
    """
    number, _, unit = value.partition("/")
    for seconds, name in _UNITS.items():
        if unit == name and _is_count(number):
            return Rate(int(number), seconds)
    raise ValueError(
        f"must be a number of mails from 1 to {MOST_MAILS} per s, m or h, as 50/s or 3000/h"
    )


def _is_count(number: str) -> bool:
    return number.isdecimal() and len(number) < 10 and 1 <= int(number) <= MOST_MAILS


class Bucket:
    """Lets mails go at `rate`, in the order of asking; threads share it, a forked child must not.

    It begins full, with `rate.burst` mails; any period of `rate.seconds` has at most so many more.
    """

    def __init__(self, rate: Rate, world: World) -> None:
        self._rate = rate
        self._monotonic = world.monotonic
        self._lock = threading.Lock()
        self._sent_away = threading.Event()
        self._full_at = float("-inf")
        self._taken = 0
        """Since then."""

    def try_take(self) -> bool:
        """Whether a mail may go now, which is then counted."""
        return self.take(0.0)

    def take(
        self, seconds: float | None = None, wait: Callable[[float], object] | None = None
    ) -> bool:
        """Wait until a mail may go, at most `seconds`; None: as long as it takes.

        False at once, and nothing is counted, when it would take longer. `wait`, an Event's method,
        ends the waiting when it returns true, and so does `send_away`: then it is False too, but
        the mail is counted.
        """
        pause = self._reserve(seconds)
        if not pause:
            return pause is not None
        return not (wait or self._sent_away.wait)(pause)

    def send_away(self) -> None:
        """From another thread: whoever waits now gets a no."""
        self._sent_away.set()
        self._sent_away.clear()

    @property
    def pause(self) -> float:
        """Seconds until the next mail may go, 0 if it may now; for those who were told no."""
        with self._lock:
            return self._left()

    def _reserve(self, most: float | None) -> float | None:
        """The pause before a mail that is counted now; None when it is longer than `most`."""
        with self._lock:
            pause = self._left()
            if most is not None and pause > max(most, 0.0):
                return None
            self._taken += 1
            return pause

    def _left(self) -> float:
        now = self._monotonic()
        if now >= self._refilled(self._taken):
            self._full_at, self._taken = now, 0
        return max(0.0, self._refilled(self._taken + 1 - self._rate.burst) - now)

    def _refilled(self, mails: int) -> float:
        """When so many have run in again; by a product, for a sum of many would drift."""
        return self._full_at + mails * self._rate.seconds / self._rate.mails
