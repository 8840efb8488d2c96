"""Keeps talks with one relay from mail to mail, each lent to one borrower at a time."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from typing import NamedTuple

from ..process import Alarm, in_forked_child
from ..world import World
from .attendant import Attendant
from .breaker import Breaker
from .failure import Failure
from .relay import Relay
from .shared_rate import bucket_of
from .talk import Talk
from .tls import ClientContext

CAREFUL = 60.0
"""Seconds for which new talks do without groups once the relay may have stumbled over one."""

CROWDED = 5.0
"""Seconds for which a relay that turned one talk away gets no more than it bore then."""
_LOOK = 1.0
"""Seconds after which those who wait look for themselves what time has changed."""


class _Idle(NamedTuple):
    since: float
    talk: Talk


class Pool:
    """Lends talks, made when there is none to spare; threads may share it.

    No more than `relay.connections` are open at once: who comes later waits, in turn, until none
    has come free for `relay.timing.connect`. When the relay itself bears fewer, there are fewer for
    a while. Whoever borrowed a talk gives it back. What lies there for `relay.timing.idle` is
    ended, and a talk on which the relay spoke or left is not lent again. A forked child begins with
    none; its parent's talks stay its parent's.
    """

    def __init__(self, relay: Relay, world: World) -> None:
        self._relay = relay
        self._world = world
        self._tls = ClientContext(relay)
        self._begin()
        in_forked_child(self._begin_anew)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._turns: deque[object] = deque()
        self._idle: deque[_Idle] = deque()
        self._lent: set[Talk] = set()
        self._open = 0
        self._taken = 0
        """How many places were taken so far; as long as that grows, nobody gives up waiting."""
        self._watched = False
        self._crowded: tuple[int, Failure] | None = None
        self._closed_at = self._careful_until = self._crowded_until = -inf
        self._breaker = Breaker(self._relay.name, self._world)
        self.bucket = bucket_of(self._relay, self._world)
        self._alarm = Alarm(self._sweep)
        self._finalizer = weakref.finalize(
            self, _part, self._idle, self._alarm, self._world.monotonic
        )

    def _begin_anew(self) -> None:
        self._finalizer.detach()
        for talk in (*self._lent, *(idle.talk for idle in self._idle)):
            talk.hang_up()
        self._begin()

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a talk."""
        return bool(self._turns)

    def borrow_kept(self) -> Talk | None:
        """A talk that lies ready, if there is one and nobody waits for it."""
        with self._changed:
            if self._turns or not self._idle:
                return None
            idle = self._idle.pop()
        if self._is_stale(idle):
            self._end(idle.talk)
            return None
        return self._lend(idle.talk)

    def borrow(self, patience: float | None = None) -> Talk:
        """A talk that is ready for a mail; `Failure` when there is none to be had.

        `patience`: seconds to wait for a place, `relay.timing.connect` if nothing else is said.
        """
        kept = self._await_place(patience)
        if kept is None or self._is_stale(kept):
            return self._make(kept.talk if kept else None, patience)
        return self._lend(kept.talk)

    def renew(self, talk: Talk, patience: float | None = None) -> Talk:
        """A new talk in the place of one that was lent; `Failure`, and then the place is free."""
        with self._changed:
            ours = talk in self._lent
            self._lent.discard(talk)
        return self._make(talk, patience) if ours else self.borrow(patience)

    def give_back(self, talk: Talk) -> None:
        """The next may have it, unless it is used up."""
        with self._changed:
            if talk not in self._lent:
                return  # it was lent to our parent process
            self._lent.discard(talk)
            keep = self.keeps(talk)
            watch = keep and not self._watched
            if keep:
                self._watched = True
                self._idle.append(_Idle(self._world.monotonic(), talk))
                self._changed.notify_all()
        if watch:
            self._watch(self._relay.timing.idle)
        if not keep:
            self._end(talk)

    def be_careful(self) -> None:
        """New talks go command by command for a while: the relay may have stumbled over a group."""
        self._careful_until = self._world.monotonic() + CAREFUL

    def close(self) -> None:
        """End the talks that nobody uses, and the others when they are given back."""
        with self._changed:
            self._closed_at = self._world.monotonic()
            self._watched = False
            idle, places = deque(self._idle), len(self._idle)
            self._idle.clear()
        try:
            _part(idle, self._alarm, self._world.monotonic)
        finally:
            self._free(places)

    def hang_up(self) -> None:
        """Break off the talks that are lent, and send away who waits for the rate to let him go.

        Their borrowers see what that means for their mail.
        """
        if self.bucket is not None:
            self.bucket.send_away()
        with self._changed:
            lent = tuple(self._lent)
        for talk in lent:
            talk.cut()

    @property
    def _most(self) -> int:
        """How many may be open now."""
        if self._crowded is not None and self._world.monotonic() >= self._crowded_until:
            self._crowded = None
        return self._crowded[0] if self._crowded else self._relay.connections

    def _await_place(self, patience: float | None) -> _Idle | None:
        """The talk that was used last; or None, and the place for a new one is ours."""
        turn = object()
        with self._changed:
            self._turns.append(turn)
            try:
                patience = patience or self._relay.timing.connect
                deadline, before = self._world.monotonic() + patience, self._taken
                while self._turns[0] is not turn or not (self._idle or self._open < self._most):
                    if self._taken != before:
                        deadline, before = self._world.monotonic() + patience, self._taken
                    if (left := deadline - self._world.monotonic()) <= 0:
                        raise self._full()
                    self._changed.wait(min(left, _LOOK))
                self._taken += 1
                if not self._idle:
                    self._open += 1
                    return None
                return self._idle.pop()
            finally:
                self._turns.remove(turn)
                self._changed.notify_all()

    def _full(self) -> Failure:
        if self._crowded is not None:
            return self._crowded[1].again()
        relay = self._relay
        reason = f"has as many connections with us as it may ({relay.connections})"
        return Failure(f"{reason}, none came free within {relay.timing.connect:g} s", "connect")

    def _is_stale(self, idle: _Idle) -> bool:
        age = self._world.monotonic() - idle.since
        return age > self._relay.timing.idle or not idle.talk.silent

    def _make(self, instead: Talk | None, patience: float | None) -> Talk:
        """A new talk in a place that is ours; or another, if the relay bears no more."""
        try:
            if instead is not None:
                instead.end()
            return self._lend(self._establish())
        except BaseException as error:
            crowded = isinstance(error, Failure) and self._is_crowded(error)
            self._free(1)
            if not crowded:
                raise
        return self.borrow(patience)

    def _establish(self) -> Talk:
        """The breaker is for a relay that bears no talk at all."""
        careful = self._world.monotonic() < self._careful_until
        make = partial(Talk, self._relay, self._world, self._tls, careful=careful)
        return make() if self._others else self._breaker.open(make)

    @property
    def _others(self) -> int:
        return len(self._lent) + len(self._idle)

    def _is_crowded(self, failure: Failure) -> bool:
        """Whether it turned one more talk away while it bears others: for now it gets no more."""
        if failure.reply is None or failure.kind != "temporary":
            return False
        with self._changed:
            if others := self._others:
                self._crowded = (others, failure.again())
                self._crowded_until = self._world.monotonic() + CROWDED
            return others > 0

    def _lend(self, talk: Talk) -> Talk:
        with self._changed:
            self._lent.add(talk)
        return talk

    def keeps(self, talk: Talk) -> bool:
        """Whether it may carry more mails, so that it is kept when it is given back."""
        most = self._relay.max_mails
        worn = most is not None and talk.mails >= most
        return talk.usable and not worn and talk.riding is None and talk.opened > self._closed_at

    def _end(self, talk: Talk) -> None:
        try:
            talk.end()
        finally:
            self._free(1)

    def _free(self, places: int) -> None:
        with self._changed:
            self._open -= places
            if not self._open:
                self._crowded = None
            self._changed.notify_all()

    def _watch(self, seconds: float) -> None:
        """Without a thread to ring, stale talks are noticed when they would be lent."""
        try:
            self._alarm.set(seconds)
        except RuntimeError:
            self._watched = False

    def _sweep(self) -> None:
        """End what nobody wanted for so long, and come back for the rest."""
        now, most = self._world.monotonic(), self._relay.timing.idle
        old: list[Talk] = []
        with self._changed:
            while self._idle and now - self._idle[0].since >= most:
                old.append(self._idle.popleft().talk)
            left = most - (now - self._idle[0].since) if self._idle else None
            self._watched = left is not None
        if left is not None:
            self._watch(left)
        for talk in old:
            self._end(talk)


def _part(idle: deque[_Idle], alarm: Alarm, monotonic: Callable[[], float]) -> None:
    """Say goodbye to all at once; also when the pool is gone: this knows nothing of it."""
    alarm.cancel()
    if len(idle) > 1:
        with Attendant(monotonic) as attendant:
            while idle:
                talk = idle.popleft().talk
                talk.blocking = False
                attendant.begin(talk.part())
            attendant.finish()
    elif idle:
        idle.popleft().talk.end()
