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
from ..smtp.pipeline import Ahead
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
        """One receipt per mail, in order, each as soon as its mail is answered.

        Nothing is raised for one mail. The next mail is taken right before the content of the one
        at hand leaves, so that its envelope can go with it: an iterable that waits delays that
        content, and one that raises is heard when the mails before are answered. The connection is
        made for the first mail and ended with the iterator. When that is closed early, the mail
        that was taken ahead has reached nobody.
        """
        with self.connect() as carrier:
            yield from carrier.deliver_many(mails)

    def connect(self) -> Carrier:
        """A context manager with `deliver(mail)`: one talk for all mails of a block."""
        return Carrier(self)

    def close(self) -> None:
        """Nothing to do: whoever opened a connection has ended it."""

    def open(self, *, careful: bool = False) -> Talk:
        """A fresh talk in a free slot; `Failure` when there is none. `end` it."""
        timing = self._relay.timing
        if not self._slots.acquire(timeout=timing.connect):
            reason = f"has {self._relay.connections} connections to us already"
            raise Failure(f"{reason}, none came free within {timing.connect:g} s", "connect")
        try:
            return Talk(self._relay, self._world, self._context, careful=careful)
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
        self._careful = False

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over; the failure is in `receipt.error`."""
        return self._deliver(Ledger(mail), _nobody)

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order; one mail is taken ahead."""
        line = _Line(mails)
        while (ledger := line.take()) is not None:
            yield self._deliver(ledger, line.peek)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def _deliver(self, ledger: Ledger, ahead: Ahead) -> Receipt:
        try:
            self._carry(ledger, ahead)
        except Failure as failure:
            return ledger.broken_off(failure, self._transport.name)
        except MessageError as error:
            return ledger.invalid(error)
        finally:
            self._drop_dead()
        return ledger.receipt()

    def _carry(self, ledger: Ledger, ahead: Ahead) -> None:
        """A talk that was kept may have died meanwhile, which is no trouble of this mail."""
        kept = self._kept(ledger)
        if kept is None:
            self._speak(self._fresh(), ledger, ahead)
            return
        try:
            self._speak(kept, ledger, ahead)
        except Broken as broken:
            if broken.timed_out or not broken.before_content or not ledger.open:
                raise
            self._speak(self._fresh(), ledger, ahead)

    def _speak(self, talk: Talk, ledger: Ledger, ahead: Ahead) -> None:
        """A talk that breaks may be one that cannot bear groups: the next goes without."""
        try:
            talk.carry(ledger, ahead if self._carries(2) else _nobody)
        except Broken as broken:
            self._careful = not (talk.careful or broken.unsaid or _says_goodbye(broken))
            raise

    def _kept(self, ledger: Ledger) -> Talk | None:
        """The talk of the last mail, if it may carry this one."""
        talk = self._talk
        if talk and talk.usable and talk.riding in (None, ledger) and self._carries(1):
            return talk
        return None

    def _carries(self, more: int) -> bool:
        """Whether the talk may carry so many more mails."""
        most = self._transport.max_mails
        return self._talk is not None and (most is None or self._talk.mails + more <= most)

    def _drop_dead(self) -> None:
        """A dead talk does not hold a slot."""
        if self._talk and not self._talk.usable:
            self._end()

    def _fresh(self) -> Talk:
        self._end()
        self._talk = self._transport.open(careful=self._careful)
        self._careful = False
        return self._talk

    def _end(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            self._transport.end(talk)


def _nobody() -> None:
    """No mail comes behind."""


def _says_goodbye(broken: Broken) -> bool:
    return broken.reply is not None and broken.reply.code == 421


class _Line:
    """The mails one ahead; what the iterable raises waits until those before are answered."""

    def __init__(self, mails: Iterable[SealedMail]) -> None:
        self._mails = iter(mails)
        self._next: Ledger | None = None
        self._error: Exception | None = None
        self._ended = False

    def peek(self) -> Ledger | None:
        """The next mail, taken once; None behind the last."""
        if self._next is None and not self._ended:
            try:
                self._next = Ledger(next(self._mails))
            except StopIteration:
                self._ended = True
            except Exception as error:  # noqa: BLE001 - it is raised by `take`
                self._ended, self._error = True, error
        return self._next

    def take(self) -> Ledger | None:
        """The next mail, which is in hand now."""
        ledger, self._next = self.peek(), None
        if ledger is None and self._error is not None:
            raise self._error
        return ledger
