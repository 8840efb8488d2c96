"""Many mails over several connections at once, their receipts in order, all in one thread.

It is the caller's, for the iterable may be bound to it by a database session or a context; and it
never stops computing in order to wait while another connection could go on. Only what cannot be
interrupted, the making of connections, is left to threads.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf

from ..envelope import Receipt, SealedMail
from ..smtp.attendant import Attendant
from ..smtp.ledger import Ledger
from ..smtp.waiting import Waiting
from ..world import World
from . import broken_off
from .carrier import Carries

AHEAD = 8
"""Mails at most that are taken from the iterable for each connection ahead of their receipts.

Once only half as many are left the others are taken in one go: the processor makes a dozen mails
faster in a row than each between two turns of the connections, whose code drives out its own.
"""
OCTETS = 32 * 2**20
"""Of the contents that have no receipt yet; the mail that exceeds it is still taken."""
GROW = 0.005
"""Seconds of idleness, all in all, after which one more connection is worth its while."""

AWAY = 0.02
"""Seconds for which the caller may be elsewhere before somebody stands in for him."""
NEGLECT = 0.001
"""Seconds for which nobody looks after the connections while mails are taken."""
Lend = Callable[[threading.Event], Carries]


class _Place:
    """Of one mail in the order of the receipts."""

    def __init__(self, mail: SealedMail) -> None:
        self.octets = len(mail.content)
        self.ledger = Ledger(mail)
        self.receipt: Receipt | None = None


class _Lane:
    """One connection's mails: the one in hand, and the one whose envelope rides behind it."""

    def __init__(self, carrier: Carries, waiting: deque[_Place]) -> None:
        self.carrier = carrier
        self._waiting = waiting
        self._behind: _Place | None = None

    def take(self) -> _Place | None:
        """The mail that comes now."""
        place, self._behind = self._behind, None
        if place is None and self._waiting:
            place = self._waiting.popleft()
        return place

    def peek(self) -> Ledger | None:
        """The mail that comes next."""
        if self._behind is None and self._waiting:
            self._behind = self._waiting.popleft()
        return self._behind.ledger if self._behind else None


class Parallel:
    """Delivers over what `lend` lends, at most so many `connections` at once.

    Its caller is elsewhere between two receipts, and while the next mail is made. When that takes
    longer, an understudy goes on with what is under way.
    """

    def __init__(self, lend: Lend, connections: int, world: World) -> None:
        self._lend = lend
        self._most = connections
        self._monotonic = world.monotonic
        self._attendant = Attendant(world.monotonic)
        self._order: deque[_Place] = deque()
        self._waiting: deque[_Place] = deque()
        self._octets = 0
        self._lanes = 0
        self._resting: list[_Lane] = []
        self._lock = threading.Lock()
        """Held by whoever attends to the lanes."""
        self._left = inf
        """When the caller went elsewhere."""
        self._over = threading.Event()
        self._hurry = threading.Event()
        self._process = os.getpid()

    def receipts(
        self, mails: Iterator[SealedMail], stopped: Callable[[], bool]
    ) -> Iterator[Receipt]:
        """One for each mail, in order; once it is `stopped`, only for those that were begun."""
        with self._attendant, self._understudy():
            while self._is_ours and (self._leave() if stopped() else self._fill(mails)):
                receipt, self._left = self._first(), self._monotonic()
                try:
                    yield receipt
                finally:
                    self._return()

    @property
    def _is_ours(self) -> bool:
        """Not in a forked child: the mails under way are its parent's."""
        return os.getpid() == self._process

    def _fill(self, mails: Iterator[SealedMail]) -> bool:
        """Take what there is room for; whether any mail is without a receipt."""
        room = AHEAD * self._most
        if len(self._order) > room // 2:
            return True
        while len(self._order) < room and self._octets < OCTETS:
            self._left = self._monotonic()
            mail = next(mails, None)
            self._return()
            if mail is None:
                break
            with self._lock:
                self._take(_Place(mail))
        return bool(self._order)

    def _take(self, place: _Place) -> None:
        self._octets += place.octets
        self._order.append(place)
        self._waiting.append(place)
        if not self._lanes:
            self._open_lane()
        if self._attendant.ago > NEGLECT:
            self._go_on(0)

    def _leave(self) -> bool:
        """Forget those at the end whom nobody has begun; whether any is left without a receipt."""
        self._hurry.set()
        with self._lock:
            for _ in range(len(self._waiting)):
                self._waiting.pop()
                self._order.pop()
        return bool(self._order)

    def _first(self) -> Receipt:
        place = self._order[0]
        if place.receipt is None:
            with self._lock:
                while place.receipt is None:
                    if not self._attend() and place.receipt is None:
                        lost = RuntimeError("nobody carries it any longer")
                        place.receipt = broken_off(place.ledger.mail, lost)
        self._order.popleft()
        self._octets -= place.octets
        return place.receipt

    def _attend(self) -> bool:
        """Wait until somebody can go on; if that leaves much idleness, open one more lane."""
        may_grow = bool(self._waiting) and self._lanes < self._most
        anybody = self._go_on(GROW if may_grow else None)
        if may_grow and self._attendant.idle >= GROW:
            self._open_lane()
        return anybody or may_grow

    def _go_on(self, seconds: float | None) -> bool:
        """Attend to the lanes; those that rest begin here, so that mails can ride behind others."""
        while self._waiting and self._resting:
            self._attendant.begin(self._work(self._resting.pop()))
        return self._attendant.attend(seconds)

    def _open_lane(self) -> None:
        self._lanes += 1
        self._attendant.idle = 0.0
        lane = _Lane(self._lend(self._hurry), self._waiting)
        self._attendant.begin(self._work(lane))

    def _work(self, lane: _Lane) -> Waiting[None]:
        """Carry mails as long as there are any."""
        while (place := lane.take()) is not None:
            try:
                place.receipt = yield from lane.carrier.carry_next(place.ledger, lane.peek)
            except Exception as error:  # noqa: BLE001 - it is logged and in the Receipt
                place.receipt = broken_off(place.ledger.mail, error)
        lane.carrier.give_back()
        self._resting.append(lane)

    def _return(self) -> None:
        """The caller is back, and waits for nobody who stands in for him."""
        self._left = inf
        if self._lock.locked():
            self._attendant.wake()

    @contextmanager
    def _understudy(self) -> Iterator[None]:
        """Without any thread nobody stands in."""
        thread = threading.Thread(target=self._stand_in, name="mailwright-many", daemon=True)
        try:
            with suppress(RuntimeError):
                thread.start()
                _CALLS[self] = thread
            yield
        finally:
            self.dismiss()

    def wind_up(self) -> None:
        """At exit nobody comes back: finish what was begun, while there are threads to do it."""
        if self._is_ours and self._left < inf:
            self.dismiss()
            self._leave()
            with self._lock:
                self._attendant.finish()

    def dismiss(self) -> None:
        """Nobody stands in any longer."""
        if not self._is_ours:
            return
        self._return()
        self._over.set()
        self._hurry.set()
        thread = _CALLS.pop(self, None)
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _stand_in(self) -> None:
        """Go on whenever the caller has been elsewhere for a while, until he comes back."""
        while not self._over.wait(AWAY):
            if self._monotonic() - self._left > AWAY and self._lock.acquire(blocking=False):
                try:
                    while self._left < inf and self._go_on(None):
                        pass
                finally:
                    self._lock.release()


_CALLS: dict[Parallel, threading.Thread] = {}


@atexit.register
def _wind_up_all() -> None:
    for parallel in tuple(_CALLS):
        parallel.wind_up()
