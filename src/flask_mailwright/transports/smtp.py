"""Hands mails to one relay over SMTP; one talk carries many mails."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from ..envelope import Receipt, SealedMail
from ..errors import MessageError
from ..process import in_forked_child
from ..smtp.failure import Broken, Failure
from ..smtp.ledger import Ledger
from ..smtp.relay import Relay
from ..smtp.talk import Talk
from ..smtp.tls import client_context
from ..world import World

_WORLD = World()


class SmtpTransport:
    """A transport to `relay`; threads may share it.

    No more than `relay.connections` are open at once: who comes later waits for
    `relay.timing.connect`, and is then told so by a temporary error.

    >>> SmtpTransport(Relay("mail.example.com")).name
    'smtp://mail.example.com:25'
    """

    def __init__(self, relay: Relay, world: World = _WORLD) -> None:
        self._relay = relay
        self._world = world
        self._tls: ssl.SSLContext | None = None
        self._begin()
        in_forked_child(self._begin)

    def _begin(self) -> None:
        """A forked child has none of its parent's connections, and so all the slots."""
        self._slots = threading.BoundedSemaphore(self._relay.connections)
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Where it leads, without user and password."""
        return self._relay.name

    @property
    def max_mails(self) -> int | None:
        """How many mails one connection may carry."""
        return self._relay.max_mails

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over on a connection of its own; the failure is in `receipt.error`."""
        with self.connect() as carrier:
            return carrier.deliver(mail)

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order; the next mail is taken when the last is answered.

        Nothing is raised for one mail. The connection is made for the first mail and ended with
        the iterator, also when that is closed early.
        """
        with self.connect() as carrier:
            for mail in mails:
                yield carrier.deliver(mail)

    def connect(self) -> Carrier:
        """A context manager with `deliver(mail)`: one talk for all mails of a block."""
        return Carrier(self)

    def close(self) -> None:
        """Nothing to do: whoever opened a connection has ended it."""

    def open(self) -> Talk:
        """A fresh talk in a free slot; `Failure` when there is none. `end` it."""
        timing = self._relay.timing
        if not self._slots.acquire(timeout=timing.connect):
            reason = f"has {self._relay.connections} connections to us already"
            raise Failure(f"{reason}, none came free within {timing.connect:g} s", "connect")
        try:
            return Talk(self._relay, self._world, self._context)
        except BaseException:
            self._slots.release()
            raise

    def end(self, talk: Talk) -> None:
        """Say goodbye if possible, and free the slot."""
        try:
            talk.end()
        finally:
            self._slots.release()

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            self._tls = self._tls or client_context(self._relay)
            return self._tls


class Carrier:
    """One talk at a time, opened when a mail comes and renewed when it must be; for one thread."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        self._talk: Talk | None = None

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over; the failure is in `receipt.error`."""
        ledger = Ledger(mail)
        try:
            self._carry(mail, ledger)
        except Failure as failure:
            return ledger.broken_off(failure, self._transport.name)
        except MessageError as error:
            return ledger.invalid(error)
        finally:
            self._drop_dead()
        return ledger.receipt()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def _carry(self, mail: SealedMail, ledger: Ledger) -> None:
        """A talk that was kept may have died meanwhile, which is no trouble of this mail."""
        kept = self._kept()
        if kept is None:
            self._fresh().carry(mail, ledger)
            return
        try:
            kept.carry(mail, ledger)
        except Broken as broken:
            if broken.timed_out or not broken.before_content:
                raise
            self._fresh().carry(mail, ledger)

    def _kept(self) -> Talk | None:
        """The talk of the last mail, if it may carry another."""
        most = self._transport.max_mails
        talk = self._talk
        if talk and talk.usable and (most is None or talk.mails < most):
            return talk
        return None

    def _drop_dead(self) -> None:
        """A dead talk does not hold a slot."""
        if self._talk and not self._talk.usable:
            self._end()

    def _fresh(self) -> Talk:
        self._end()
        self._talk = self._transport.open()
        return self._talk

    def _end(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            self._transport.end(talk)
