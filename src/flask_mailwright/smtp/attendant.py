"""Attends to everything that waits, in one thread: what asks for a socket, and what takes a while.

A generator goes on as soon as what it asked for is there; whoever overslept its time is asked first
whether it came meanwhile. Calls that cannot be interrupted run in threads of their own. What
several want to have done together is done once all have gone as far as they can.
"""

from __future__ import annotations

import selectors
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from math import inf
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeAlias

from .waiting import Asked, Block, Call, Join, Raised, Waiting

_GoOn: TypeAlias = Callable[[], Asked]
Together: TypeAlias = Callable[[list[Any]], Iterable[Any]]
"""Does what was asked for; gives for each what it found, or `Raised`."""


class _Task:
    """A generator, and what it asked for last."""

    def __init__(self, waiting: Waiting[None]) -> None:
        self.waiting = waiting
        self.block: Block | None = None
        self.due = inf


class _Made(NamedTuple):
    """What a call has come to: how its task goes on, and what is to be undone if it does not."""

    task: _Task
    go_on: _GoOn
    undo: Callable[[], object] = lambda: None


class Attendant:
    """A context manager; `idle` counts the seconds in which nobody could go on."""

    def __init__(
        self, monotonic: Callable[[], float], together: Together = lambda works: ()
    ) -> None:
        self._monotonic = monotonic
        self._together = together
        self._joining: list[tuple[_Task, Join]] = []
        self._blocked: set[_Task] = set()
        self._calling: set[_Task] = set()
        self._lock = threading.Lock()
        self._ended = False
        self._made: deque[_Made] = deque()
        self._attended = -inf
        self.idle = 0.0

    def __enter__(self) -> Self:
        self._selector = selectors.DefaultSelector()
        self._bell, ringing = socket.socketpair()
        self._ringing = ringing
        self._bell.setblocking(False)  # who rings is not to wait for who does not hear
        ringing.setblocking(False)
        self._selector.register(ringing, selectors.EVENT_READ)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Whoever still waits is told to give up, and what he called for is undone, once made.

        A forked child only closes what it has of its parent's.
        """
        with self._lock:
            self._ended = True
        for task in (*self._blocked, *self._calling, *(task for task, _ in self._joining)):
            task.waiting.close()
        for unheard in self._made:
            unheard.undo()
        self._selector.close()
        self._bell.close()
        self._ringing.close()

    @property
    def ago(self) -> float:
        """Seconds since all were attended to."""
        return self._monotonic() - self._attended

    def begin(self, waiting: Waiting[None]) -> None:
        """Attend to it from now on."""
        self._go_on(_Task(waiting), partial(next, waiting))

    def finish(self) -> None:
        """Attend until nobody waits any longer."""
        while self.attend(None):
            pass

    def attend(self, seconds: float | None) -> bool:
        """Let those go on who can, after waiting at most so long; whether anybody is there."""
        if not (self._blocked or self._calling or self._joining):
            return False
        if self._joining:
            seconds = 0.0
        began = self._monotonic()
        soonest = min((task.due for task in self._blocked), default=inf)
        if seconds is None or soonest - began < seconds:
            seconds = max(soonest - began, 0) if soonest < inf else None
        found = self._selector.select(seconds)
        now = self._attended = self._monotonic()
        self.idle += now - began
        self._go_on_with(found)
        if self._joining and found:
            self._go_on_with(self._selector.select(0))  # others may join
        if soonest <= now:
            self._wake_late(now)
        self._join()
        return True

    def wake(self) -> None:
        """End somebody else's `attend`."""
        with suppress(OSError):
            self._bell.send(b"!")

    def _go_on_with(self, found: list[tuple[selectors.SelectorKey, int]]) -> None:
        for key, _ in found:
            if key.data is None:
                self._hear_bell()
            elif key.data in self._blocked:
                self._go_on(key.data, partial(next, key.data.waiting))

    def _join(self) -> None:
        """Do what those who wait for it have asked for; who goes on to ask for more waits again."""
        joining, self._joining = self._joining, []
        found = self._together([join.work for _, join in joining]) if joining else ()
        for (task, _), each in zip(joining, found, strict=True):
            throws = isinstance(each, Raised)
            go_on = task.waiting.throw if throws else task.waiting.send
            self._go_on(task, partial(go_on, each.error if throws else each))

    def _wake_late(self, now: float) -> None:
        for task in [task for task in self._blocked if task.due <= now]:
            self._go_on(task, partial(task.waiting.throw, TimeoutError()))

    def _hear_bell(self) -> None:
        with suppress(BlockingIOError):
            self._ringing.recv(1024)
        while self._made:
            made = self._made.popleft()
            self._calling.discard(made.task)
            self._go_on(made.task, made.go_on)

    def _go_on(self, task: _Task, go_on: _GoOn) -> None:
        try:
            asked: Asked | None = go_on()
        except StopIteration:
            asked = None
        except BaseException:
            self._forget(task)
            raise
        if isinstance(asked, Block):
            self._watch(task, asked)
        elif isinstance(asked, Join):
            self._pause(task)
            self._joining.append((task, asked))
        else:
            self._forget(task)
            if asked is not None:
                self._call(task, asked)

    def _pause(self, task: _Task) -> None:
        """Its socket stays watched, for it is soon asked for again, unless it is closed."""
        self._blocked.discard(task)
        if task.block is not None and task.block.sock.fileno() < 0:
            self._forget(task)

    def _watch(self, task: _Task, block: Block) -> None:
        task.due = self._monotonic() + block.seconds
        if task.block is None or task.block[:2] != block[:2]:
            self._forget(task)
            self._forget_former(block.sock)
            event = selectors.EVENT_WRITE if block.writing else selectors.EVENT_READ
            self._selector.register(block.sock, event, task)
            task.block = block
        self._blocked.add(task)

    def _forget_former(self, sock: socket.socket) -> None:
        """Who waits for others has passed it on, or has closed one that had its number."""
        key = self._selector.get_map().get(sock)
        if key is not None and key.data not in self._blocked:
            self._forget(key.data)

    def _forget(self, task: _Task) -> None:
        """Its socket may be closed already."""
        if task.block is not None:
            self._selector.unregister(task.block.sock)
            task.block = None
            self._blocked.discard(task)

    def _call(self, task: _Task, call: Call) -> None:
        """Without any thread in this one."""
        self._calling.add(task)
        thread = threading.Thread(
            target=self._make, args=(task, call), name="mailwright-call", daemon=True
        )
        try:
            if sys.is_finalizing():  # a thread would never begin
                raise RuntimeError
            thread.start()
        except RuntimeError:
            self._make(task, call)

    def _make(self, task: _Task, call: Call) -> None:
        try:
            found = call.make()
            made = _Made(task, partial(task.waiting.send, found), partial(call.undo, found))
        except BaseException as error:  # noqa: BLE001 - it goes where it was asked for
            made = _Made(task, partial(task.waiting.throw, error))
        with self._lock:
            if not self._ended:
                self._made.append(made)
                self.wake()
                return
        made.undo()
