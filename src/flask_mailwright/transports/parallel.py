"""Many mails over several connections at once, their receipts in order.

The caller's thread takes from the iterable, which may be bound to it by a database session or a
context; threads that last as long as the call deliver. The first does alone what it can: another
begins when the caller has had to wait for receipts while mails lay there.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from ..envelope import Receipt, SealedMail
from ..world import World
from . import Transport, broken_off, deliver_many

AHEAD = 8
"""Mails taken from the iterable for each connection, before their receipts are asked for."""
OCTETS = 32 * 2**20
"""Of the contents that have no receipt yet; the mail that exceeds it is still taken."""
GROW = 0.005
"""Seconds spent waiting after which one more connection is worth its while."""


def deliver_in_parallel(
    transport: Transport, mails: Iterable[SealedMail], stopped: Callable[[], bool], world: World
) -> Iterator[Receipt]:
    """One Receipt for each mail, in order, whatever the transport does; `mails` must not raise.

    A transport that tells its `connections` is used by so many threads. Once it is `stopped`, which
    ends `mails` too, only those that were begun have a receipt; the others have reached nobody.
    """
    connections: int | None = getattr(transport, "connections", None)
    if connections is None:
        yield from deliver_many(transport, mails)
    else:
        yield from _Crew(transport, connections, world).receipts(iter(mails), stopped)


class _Place:
    """Of one mail in the order of the receipts."""

    def __init__(self, mail: SealedMail) -> None:
        self.mail = mail
        self.receipt: Receipt | None = None


class _Crew:
    def __init__(self, transport: Transport, most: int, world: World) -> None:
        self._transport = transport
        self._most = most
        self._monotonic = world.monotonic
        lock = threading.Lock()
        self._came, self._answered = threading.Condition(lock), threading.Condition(lock)
        self._order: deque[_Place] = deque()
        self._waiting: deque[_Place] = deque()
        self._octets = 0
        self._waited = 0.0
        self._ended = False
        self._threads: list[threading.Thread] = []

    def receipts(
        self, mails: Iterator[SealedMail], stopped: Callable[[], bool]
    ) -> Iterator[Receipt]:
        """All of them; the mails behind the one that is answered are under way meanwhile."""
        try:
            while self._fill(mails) if not stopped() else self._leave():
                yield self._first()
        finally:
            self._dismiss()

    def _fill(self, mails: Iterator[SealedMail]) -> bool:
        """Take what there is room for; whether any mail is without a receipt."""
        while len(self._order) < AHEAD * self._most and self._octets < OCTETS:
            mail = next(mails, None)
            if mail is None:
                break
            self._octets += len(mail.content)
            place = _Place(mail)
            self._order.append(place)
            with self._came:
                self._waiting.append(place)
                self._came.notify()
            if not self._threads:
                self._grow()
        return bool(self._order)

    def _leave(self) -> bool:
        """Forget those at the end whom nobody has begun; whether any is left without a receipt."""
        with suppress(IndexError):
            while True:
                self._waiting.pop()
                self._order.pop()
        return bool(self._order)

    def _first(self) -> Receipt:
        place = self._order[0]
        while place.receipt is None:
            self._await(place)
        self._order.popleft()
        self._octets -= len(place.mail.content)
        return place.receipt

    def _await(self, place: _Place) -> None:
        """Wait for its receipt, but no longer than until one more connection is worth it."""
        began = self._monotonic()
        with self._answered:
            self._answered.wait_for(lambda: place.receipt is not None, GROW - self._waited)
            behind = bool(self._waiting)
        self._waited += self._monotonic() - began
        if self._waited >= GROW:
            self._waited = 0.0
            if behind:
                self._grow()

    def _grow(self) -> None:
        """Without any thread the caller's own delivers."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) >= self._most:
            return
        thread = threading.Thread(target=self._work, name="mailwright-many", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not self._threads:
                self._deliver(self._waiting.popleft())
        else:
            self._threads.append(thread)

    def _work(self) -> None:
        while (place := self._next()) is not None:
            self._deliver(place)

    def _next(self) -> _Place | None:
        with self._came:
            self._came.wait_for(lambda: self._waiting or self._ended)
            return self._waiting.popleft() if self._waiting else None

    def _deliver(self, first: _Place) -> None:
        """It and all that waits meanwhile; the connection rests when nothing does."""
        in_hand = deque((first,))
        try:
            for receipt in deliver_many(self._transport, self._take(first, in_hand)):
                self._answer(in_hand.popleft(), receipt)
        finally:
            for place in in_hand:
                self._answer(place, broken_off(place.mail, SystemError("the thread was ended")))

    def _take(self, first: _Place, in_hand: deque[_Place]) -> Iterator[SealedMail]:
        yield first.mail
        while True:
            try:
                place = self._waiting.popleft()
            except IndexError:
                return
            in_hand.append(place)
            yield place.mail

    def _answer(self, place: _Place, receipt: Receipt) -> None:
        with self._answered:
            place.receipt = receipt
            self._answered.notify()

    def _dismiss(self) -> None:
        """What nobody began is left; behind the last receipt there is none."""
        with self._came:
            self._waiting.clear()
            self._ended = True
            self._came.notify_all()
        for thread in self._threads:
            thread.join()
