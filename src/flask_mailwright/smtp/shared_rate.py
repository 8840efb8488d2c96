"""A relay's rate over all processes that share a store, which gives out slots for mails.

A process asks for slots when a mail waits for one, and for no more than SPAN has: so the store is
asked a few dozen times in a second however high the rate, and a process that dies takes hardly any
with it. It counts what was given by its own clock, as pauses; so clocks need not agree.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf

from ..errors import MailError
from ..world import World
from .rate import Bucket, Rate, Share, Wanted
from .relay import Relay

logger = logging.getLogger("flask_mailwright")

SPAN = 0.05
"""Seconds of the relay's time that a process takes at once, if mail waits all the while."""
STALE = 0.03
"""Seconds behind its moment for which a slot is kept that no mail waited for."""
LATE = 0.1
"""Seconds by which a mail may oversleep its slot; it takes another then, once, for it is one of
many when all processes were stopped."""
AGAIN = 5.0
"""Seconds for which a store that failed is not asked, and the process counts alone."""
_LOOK = 0.1
"""Seconds between two looks of who waits behind others whether he is to go."""


def bucket_of(relay: Relay, world: World) -> Bucket | SharedBucket | None:
    """What its mails wait for; None where nothing limits them."""
    if relay.rate is None or relay.share is None:
        return Bucket(relay.rate, world) if relay.rate else None
    return SharedBucket(name_of(relay, relay.rate), relay.rate, world, relay.share)


def name_of(relay: Relay, rate: Rate) -> str:
    """Who has the same shares the rate; of the account only a digest, for it may be the secret.

    >>> name_of(Relay("mail.example.com", 587, "starttls", "ann"), Rate(50, 1.0))
    'smtp://mail.example.com:587 50/s e7ae2f895c3be47b'
    """
    name = relay.name.lower()
    digest = hashlib.sha256(f"{name}\n{relay.username}".encode()).hexdigest()
    return f"{name[:150]} {rate} {digest[:16]}"


class SharedBucket:
    """Lets mails go as `Bucket` does; threads share it, a forked child must not.

    While the store fails, and for mails that it cannot count, its process counts alone.
    """

    def __init__(self, name: str, rate: Rate, world: World, share: Share) -> None:
        self._name = name
        self._rate = rate
        self._share = share
        self._monotonic = world.monotonic
        self._alone = Bucket(rate, world)
        self._alone_until = -inf
        self._told_of_it = False
        self._moved = threading.Condition()
        self._line: deque[object] = deque()
        """Who waits for a slot; what follows is changed by the first of them alone."""
        self._hand: deque[float] = deque()
        """When slots are due that no mail has yet."""
        self._batch = 1
        self._lost = 0
        """Of the last batch; its slots became stale."""
        self._given = self._denied = -inf
        """When the slot is due that was given to a mail last, or was too late for one."""
        self._sent_away = threading.Event()
        self._departures = 0

    def try_take(self) -> bool:
        """Whether a mail may go now, which is then counted; the store is not asked."""
        with self._moved:
            if self._line:
                return False
            if self._counts_alone:
                return self._alone.try_take()
            return self._in_hand() and self._given_by(self._monotonic()) is not None

    def take(
        self, seconds: float | None = None, wait: Callable[[float], object] | None = None
    ) -> bool:
        """Wait until a mail may go, at most `seconds`; None: as long as it takes.

        False, and nothing is counted, when it would take longer. `wait`, an Event's method, ends
        the waiting when it returns true, and so does `send_away`: then it is False too, and the
        mail may be counted.
        """
        until = inf if seconds is None else self._monotonic() + max(seconds, 0.0)
        wait = wait or self._unless_sent_away()
        goes = self._goes(until, wait)
        return self._goes(until, wait) is not False if goes is None else goes

    def send_away(self) -> None:
        """From another thread: whoever waits now gets a no."""
        self._departures += 1
        self._sent_away.set()
        self._sent_away.clear()

    @property
    def pause(self) -> float:
        """Seconds until the next mail may go, as far as is known; for those who were told no."""
        next_at = max(self._denied, self._given + self._rate.step)
        return max(0.0, next_at - self._monotonic())

    @property
    def _counts_alone(self) -> bool:
        return self._monotonic() < self._alone_until

    def _unless_sent_away(self) -> Callable[[float], object]:
        before = self._departures
        return lambda pause: self._sent_away.wait(pause) or self._departures != before

    def _goes(self, until: float, wait: Callable[[float], object]) -> bool | None:
        """None: it would, but it has overslept its slot."""
        if not self._comes_to_front(until, wait):
            return False
        try:
            goes = self._turn(until, wait)
        finally:
            with self._moved:
                self._line.popleft()
                self._moved.notify_all()
        return goes()

    def _comes_to_front(self, until: float, wait: Callable[[float], object]) -> bool:
        """One asks the store; the others wait for him, unless they see that it will be too late."""
        place = object()
        with self._moved:
            self._line.append(place)
            while self._line[0] is not place:
                left = until - self._monotonic()
                if self._given > until or left <= 0 or wait(0):
                    self._line.remove(place)
                    return False
                self._moved.wait(min(left, _LOOK))
        return True

    def _turn(self, until: float, wait: Callable[[float], object]) -> Callable[[], bool | None]:
        """What the mail in front has to wait for; whoever comes behind it need not."""
        alone = self._counts_alone
        if not alone and not self._in_hand():
            if not self._passes(self._given, until, wait):
                return _no
            alone = not self._ask(until)
        if alone:
            return partial(self._goes_alone, until, wait)
        due = self._given_by(until)
        return _no if due is None else partial(self._goes_at, due, wait)

    def _goes_alone(self, until: float, wait: Callable[[float], object]) -> bool:
        left = None if until == inf else until - self._monotonic()
        goes = self._alone.take(left, wait)
        if not goes:
            self._denied = self._monotonic() + self._alone.pause
        return goes

    def _goes_at(self, due: float, wait: Callable[[float], object]) -> bool | None:
        if not self._passes(due, inf, wait):
            return False
        return None if self._monotonic() - due > LATE else True

    def _passes(self, moment: float, until: float, wait: Callable[[float], object]) -> bool:
        """Wait for it; False when it is too late, or the waiting was ended."""
        pause = moment - self._monotonic()
        return moment <= until and (pause <= 0 or not wait(pause))

    def _in_hand(self) -> bool:
        """Whether there is a slot; the others may not go as one burst later."""
        stale = self._monotonic() - STALE
        while self._hand and self._hand[0] < stale:
            self._hand.popleft()
            self._lost += 1
        return bool(self._hand)

    def _given_by(self, until: float) -> float | None:
        """When the next slot in hand is due, which is a mail's now; None when that is too late."""
        if not self._hand:
            return None
        if self._hand[0] > until:
            self._denied = self._hand[0]
            return None
        self._given = self._hand.popleft()
        return self._given

    def _ask(self, until: float) -> bool:
        """Take slots from the store, or be told when there are any; whether it counts for us."""
        wanted = Wanted(self._name, self._rate, self._size(), max(until - self._monotonic(), 0.0))
        try:
            slots = self._share(wanted)
        except MailError as error:
            self._count_alone(error)
            return False
        self._told_of_it = False
        if slots is None:
            return False
        now = self._monotonic()
        first = now + slots.pause
        self._denied = -inf if slots.mails else first
        self._hand.extend(max(first + at * self._rate.step, now) for at in range(slots.mails))
        return True

    def _size(self) -> int:
        """As many as were used of the last batch, twice as many if all were and more would be."""
        most = max(1, int(SPAN / self._rate.step))
        used = self._batch - self._lost if self._lost else 2 * self._batch
        idle = self._monotonic() - self._given > SPAN
        self._batch, self._lost = 1 if idle else min(max(used, 1), most), 0
        return self._batch

    def _count_alone(self, error: MailError) -> None:
        self._alone_until = self._monotonic() + AGAIN
        if not self._told_of_it:
            told = "%s: other processes are not asked, each keeps to the rate for itself: %s"
            logger.warning(told, self._name, error)
        self._told_of_it = True


def _no() -> bool:
    """Nothing to wait for."""
    return False
