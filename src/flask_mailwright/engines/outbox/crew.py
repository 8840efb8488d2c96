"""The threads that empty one route of an outbox, as many as it has connections.

If there are several, one of them takes no bulk mail: the others may all be busy with a newsletter
and a slow relay, and what is urgent still goes at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from ...errors import MailError
from .. import Delivery
from .claims import Claims
from .keeper import Keeper
from .lane import Lane
from .rows import Claimed

logger = logging.getLogger("flask_mailwright")

PAUSE = 1.0
"""Seconds after which a lane goes on that had trouble with the database."""
IDLE = 30.0
"""Seconds after which a lane without work ends, unless it is of the empty route."""


class _Seat:
    """One lane's thread, and how it is called."""

    def __init__(self, lane: Lane, *, takes_bulk: bool) -> None:
        self.lane = lane
        self.takes_bulk = takes_bulk
        self.called = threading.Event()
        self.thread: threading.Thread


class Crew:
    """All begin with `begin`, or one by one as they are woken; they end behind `call_all`."""

    def __init__(
        self,
        route: str,
        claims: Claims,
        delivery: Delivery,
        keeper: Keeper,
        stopping: threading.Event,
    ) -> None:
        self._route = route
        self._claims = claims
        self._delivery = delivery
        self._keeper = keeper
        self._stopping = stopping
        self._most = delivery.way(route).connections
        self._lock = threading.Lock()
        self._calls = 0
        self._seats: list[_Seat] = []
        self._asleep: list[_Seat] = []

    def begin(self) -> None:
        """Start all threads; RuntimeError when there can be none at all."""
        with self._lock:
            try:
                while self._has_room:
                    self._start_one()
            except RuntimeError:
                if not self._seats:
                    raise

    def wake(self) -> None:
        """One more lane looks at once; the one that takes no bulk only if no other is free."""
        if not self._may_deliver:
            return
        with self._lock, suppress(RuntimeError):
            self._calls += 1
            if self._asleep:
                seat = max(self._asleep, key=lambda seat: seat.takes_bulk)
                self._asleep.remove(seat)
                seat.called.set()
            elif self._has_room:
                self._start_one()

    def call_all(self) -> list[threading.Thread]:
        """For the end; all threads that may still run."""
        with self._lock:
            for seat in self._seats:
                seat.called.set()
            return [seat.thread for seat in self._seats]

    def lighten(self) -> None:
        """What waits behind a mail that takes long is given to others."""
        with self._lock:
            seats = list(self._seats)
        if sum(seat.lane.lighten() for seat in seats):
            self.wake()

    @property
    def _has_room(self) -> bool:
        return len(self._seats) < self._most and not self._stopping.is_set()

    def _start_one(self) -> None:
        """The last of several takes no bulk."""
        takes_bulk = self._most == 1 or sum(s.takes_bulk for s in self._seats) < self._most - 1
        lane = Lane(self._claims, self._delivery, self._stopping)
        seat = _Seat(lane, takes_bulk=takes_bulk)
        seat.thread = threading.Thread(
            target=self._work, args=(seat,), name="mailwright-outbox", daemon=True
        )
        seat.thread.start()
        self._seats.append(seat)

    @property
    def _only_own(self) -> bool:
        return self._delivery.way(self._route).local or not self._delivery.takes_all()

    @property
    def _may_deliver(self) -> bool:
        return self._keeper.in_office or self._only_own

    def _work(self, seat: _Seat) -> None:
        while not self._stopping.is_set():
            calls = self._calls
            if not go_on(lambda: self._turn(seat), self._stopping) and self._is_over(seat, calls):
                return

    def _turn(self, seat: _Seat) -> bool:
        """Whether there was anything to do, or may be soon."""
        lane = seat.lane
        if lane.rest > 0:
            self._stopping.wait(min(lane.rest, PAUSE))
            return True
        most = lane.room
        mails = self._claimed(most, bulk=seat.takes_bulk)
        if len(mails) == most:
            self.wake()  # there may be more, for another lane
        if mails:
            lane.deliver(mails)
        return bool(mails)

    def _claimed(self, most: int, *, bulk: bool) -> list[Claimed]:
        own = self._only_own
        if not (own or self._keeper.in_office):
            return []
        now = self._delivery.world.now()
        return self._claims.claim(now, most, route=self._route, own=own, bulk=bulk)

    def _is_over(self, seat: _Seat, calls: int) -> bool:
        """Sleep until there is a call; for a named route, not for ever."""
        with self._lock:
            if self._calls != calls or self._stopping.is_set():
                return False
            seat.called.clear()
            self._asleep.append(seat)
        if seat.called.wait(IDLE if self._route else None):
            return False
        with self._lock:
            if seat not in self._asleep:
                return False
            self._asleep.remove(seat)
            self._seats.remove(seat)
        return True


def go_on(step: Callable[[], object], stopping: threading.Event) -> object:
    """What goes wrong in a step is told, and its thread goes on after a pause."""
    try:
        return step()
    except MailError as error:
        logger.warning("delivery from the outbox pauses: %s", error)
    except (Exception, SystemExit):  # a receiver may call sys.exit, and lanes must not die
        logger.exception("delivery from the outbox broke off; it goes on")
    stopping.wait(PAUSE)
    return True
