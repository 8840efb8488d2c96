"""One thread attends to all lanes of a route: each has a connection of its own, and none waits.

What several have to store at the same moment is stored together. Each step is what it would be
alone, so a process that is killed has one mail in doubt for each connection, but the database has
less to write.

If there are several lanes, one takes no bulk mail: the others may all be busy with a newsletter and
a slow relay, and what is urgent still goes at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any, Literal, TypeAlias

from ...errors import MailError
from ...smtp.attendant import Attendant
from ...smtp.waiting import Raised, Waiting
from .. import Delivery
from .attempts import Step
from .claims import Claims
from .feed import STALE, Feed
from .lane import Lane
from .rows import Claimed, Outcome

logger = logging.getLogger("flask_mailwright")

Whose: TypeAlias = Literal["all", "own", "nobody"]
PAUSE = 1.0
"""Seconds at most that a relay is left alone before it is looked again what to do."""
AGAIN = 0.2
"""Seconds between two tries to store what became of a mail."""


class Shift:
    """`work` in one thread, as often as it is true; `wake` and `ring` from any.

    `whose`: whose mail may go at this moment, that of all processes, our own or nobody's.
    """

    def __init__(
        self,
        route: str,
        claims: Claims,
        delivery: Delivery,
        stopping: threading.Event,
        whose: Callable[[], Whose] = lambda: "all",
    ) -> None:
        self._route = route
        self._claims = claims
        self._delivery = delivery
        self._monotonic = delivery.world.monotonic
        self._stopping = stopping
        self._whose = whose
        connections = delivery.way(route).connections
        self._most = {self._feed(bulk=True): max(connections - 1, 1)}
        """How many lanes a feed may have."""
        if connections > 1:
            self._most[self._feed(bulk=False)] = 1
        self._lanes = dict.fromkeys(self._most, 0)
        self._attendant: Attendant | None = None
        self._rests_until = -inf
        self._trouble: MailError | None = None
        self._left: list[Claimed] = []

    def wake(self) -> None:
        """There may be something to do."""
        for feed in self._most:
            feed.hungry = True
        self.ring()

    def ring(self) -> None:
        """Whoever works looks up."""
        if (attendant := self._attendant) is not None:
            attendant.wake()

    def work(self) -> bool:
        """Until nothing is left; whether there was anything to do, or may be soon.

        MailError when the store fails.
        """
        if self._rest > 0:
            self._stopping.wait(min(self._rest, PAUSE))
            return True
        self._trouble = None
        try:
            with Attendant(self._monotonic, self._store) as self._attendant:
                busy = self._attend(self._attendant)
        finally:
            self._attendant = None
            self._give_back()
        if self._trouble is not None:
            raise self._trouble
        return busy

    def _attend(self, attendant: Attendant) -> bool:
        self._begin_lanes(attendant)
        busy = False
        while attendant.attend(STALE / 2):
            busy = True
            self._begin_lanes(attendant)
            self._give_back(stale=True)
        return busy

    @property
    def _rest(self) -> float:
        """Seconds for which the relay is left alone."""
        return self._rests_until - self._monotonic()

    @property
    def _goes_on(self) -> bool:
        return not (self._stopping.is_set() or self._trouble is not None or self._rest > 0)

    def _feed(self, *, bulk: bool) -> Feed:
        def claim(most: int) -> list[Claimed]:
            if (whose := self._whose()) == "nobody":
                return []
            now, own = self._delivery.world.now(), whose == "own"
            return self._claims.claim(now, most, route=self._route, own=own, bulk=bulk)

        return Feed(claim, self._claims.release, self._monotonic)

    def _begin_lanes(self, attendant: Attendant) -> None:
        """One for each mail that waits, as far as there are connections."""
        try:
            for feed, most in self._most.items():
                while self._lanes[feed] < most and self._goes_on and feed.has_any():
                    attendant.begin(self._lane(feed))
        except MailError as trouble:
            self._trouble = trouble

    def _give_back(self, *, stale: bool = False) -> None:
        """What nobody has begun; what a lane has not ended is left to lapse."""
        left, self._left = self._left, []
        self._released(partial(self._claims.release, left))
        for feed in self._most:
            self._released(partial(feed.give_back, stale=stale))

    def _released(self, release: Callable[[], None]) -> None:
        """What cannot be given back is left to lapse."""
        try:
            release()
        except MailError as trouble:
            self._trouble = trouble

    def _lane(self, feed: Feed) -> Waiting[None]:
        """It ends after a while, for the next may have to go another way."""
        until = self._monotonic() + STALE

        def take(ahead: bool) -> Claimed | None:
            goes_on = self._goes_on and self._monotonic() < until
            return feed.take(ahead=ahead) if goes_on else None

        def ended(outcome: Outcome, seconds: float) -> None:
            feed.took(seconds, self._most[feed])
            if not outcome.counted:
                self._rests_until = self._monotonic() + outcome.due - self._delivery.world.now()

        carrier = self._delivery.lane(self._route, self._stopping)
        lane = Lane(self._claims, self._delivery, carrier, take, ended)
        self._lanes[feed] += 1
        try:
            yield from lane.work()
        finally:
            self._lanes[feed] -= 1
            self._left += lane.left
            self._trouble = self._trouble or lane.trouble

    def _store(self, steps: list[Step]) -> list[Any]:
        """Trouble that belongs to one of them is told to that one alone."""
        until = self._monotonic() + self._delivery.timing.lease
        found = self._stored(steps, until)
        if isinstance(found, Raised) and len(steps) > 1:
            return [each for step in steps for each in _listed(self._stored([step], until))]
        return _listed(found)

    def _stored(self, steps: list[Step], until: float) -> list[Any] | Raised:
        """Only this is repeated when the database is away, never the delivery."""
        told = False
        while True:
            try:
                return self._claims.store(steps)
            except MailError as error:
                over = self._stopping.is_set() and self._monotonic() > until
                if over or error.kind != "temporary":
                    return Raised(error)
                if not told:
                    logger.warning("what became of a mail is not stored yet: %s", error)
                told = True
                threading.Event().wait(AGAIN)
            except Exception as error:  # noqa: BLE001 - whose it is raises it
                return Raised(error)


def _listed(found: list[Any] | Raised) -> list[Any]:
    return [found] if isinstance(found, Raised) else found
