"""A transport whose mail is signed as it leaves: another takes what `signer` makes of it.

It has what the other has of `connections`, `local`, `patient`, `connect`, `carrier` and
`deliver_in_parallel`. A mail that cannot be signed reaches nobody, and keeps no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from threading import Event
from typing import Any, Protocol

from ..envelope import Receipt, SealedMail
from ..errors import MailError
from ..smtp.ledger import Ledger
from ..smtp.pipeline import Ahead
from ..smtp.waiting import Call, Waiting
from . import Delivers, broken_off, deliver, deliver_many
from .carrier import Carries
from .line import Line

Signed = SealedMail | Receipt
"""A mail as it leaves, or why it does not."""
Many = Callable[[Iterator[SealedMail]], Iterator[Receipt]]
Parallel = Callable[[Iterator[SealedMail], Callable[[], bool]], Iterator[Receipt]]


class Signs(Protocol):
    """Makes a mail as it leaves of one that was sealed."""

    def sign(self, mail: SealedMail) -> SealedMail:
        """MailError when it cannot be."""

    def waits(self, mail: SealedMail) -> bool:
        """Whether that may take its time."""


class SigningTransport:
    """Each mail is signed once, whatever relays it is tried at."""

    def __init__(self, transport: Delivers, signer: Signs) -> None:
        self._over: Any = transport
        self._signer = signer

    @property
    def name(self) -> str:
        """The other's."""
        return str(self._over.name)

    @property
    def connections(self) -> int:
        """The other's, if it has any."""
        return int(self._over.connections)

    @property
    def local(self) -> bool:
        """The other's, if it says so."""
        return bool(self._over.local)

    @property
    def patient(self) -> SigningTransport:
        """The same over the other's, if it has one."""
        return SigningTransport(self._over.patient, self._signer)

    @property
    def connect(self) -> Callable[[], AbstractContextManager[Delivers]]:
        """What holds a connection of the other, if it can."""
        connect: Callable[[], AbstractContextManager[Delivers]] = self._over.connect
        return lambda: self._held(connect)

    @property
    def carrier(self) -> Callable[[Event | None], SigningCarrier]:
        """What lends one of the other's, if it has any."""
        carrier: Callable[[Event | None], Carries] = self._over.carrier
        return lambda hurry: SigningCarrier(carrier(hurry), self._signer)

    @property
    def deliver_in_parallel(self) -> Parallel:
        """The other's, if it can."""
        parallel: Parallel = self._over.deliver_in_parallel
        return lambda mails, stopped: self._in_runs(
            mails, lambda signed: parallel(signed, stopped), stopped
        )

    def deliver(self, mail: SealedMail) -> Receipt:
        """One mail."""
        return deliver(self._over, self._signer.sign(mail))

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order; mails are taken as the other takes them."""
        return self._in_runs(mails, partial(deliver_many, self._over))

    def _in_runs(
        self, mails: Iterable[SealedMail], many: Many, stopped: Callable[[], bool] = bool
    ) -> Iterator[Receipt]:
        """The other's run ends before a mail that cannot be signed."""
        line = Line(map(self._signed, mails))
        while (first := line.peek()) is not None:
            if isinstance(first, Receipt):
                line.take()
                yield first
            else:
                taken = _Taken(line)
                yield from many(taken)
                if stopped() or not taken.ended:
                    return
        line.take()

    def _signed(self, mail: SealedMail) -> Signed:
        try:
            return self._signer.sign(mail)
        except MailError as error:
            return broken_off(mail, error)

    @contextmanager
    def _held(self, connect: Callable[[], AbstractContextManager[Delivers]]) -> Iterator[Delivers]:
        with connect() as held:
            yield SigningTransport(held, self._signer)


class _Taken(Iterator[SealedMail]):
    """The mails of a line up to one that is none; `ended` when it was asked for more than it has.

    Whoever does not ask, wants no more.
    """

    def __init__(self, line: Line[Signed]) -> None:
        self._line = line
        self.ended = False

    def __next__(self) -> SealedMail:
        found = self._line.peek()
        if found is None or isinstance(found, Receipt):
            self.ended = True
            raise StopIteration
        self._line.take()
        return found


class SigningCarrier:
    """Carries for a thread that attends to several; only a key that is asked for is waited for."""

    def __init__(self, carrier: Carries, signer: Signs) -> None:
        self._carrier = carrier
        self._signer = signer
        self._ahead: Ledger | None = None

    def carry(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One mail."""
        return self._carry(ledger, ahead, self._carrier.carry)

    def carry_next(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One of many mails."""
        return self._carry(ledger, ahead, self._carrier.carry_next)

    def _carry(
        self, ledger: Ledger, ahead: Ahead, carry: Callable[[Ledger, Ahead], Waiting[Receipt]]
    ) -> Waiting[Receipt]:
        try:
            if ledger is not self._ahead:
                yield from self._sign(ledger)
        except MailError as error:
            return ledger.invalid(error)
        self._ahead = None
        return (yield from carry(ledger, partial(self._peek, ahead)))

    @property
    def keeps(self) -> bool:
        """As the other."""
        return self._carrier.keeps

    def give_back(self) -> None:
        """Others may have the connection."""
        self._ahead = None
        self._carrier.give_back()

    def _sign(self, ledger: Ledger) -> Waiting[None]:
        sign = partial(self._signer.sign, ledger.mail)
        ledger.mail = (yield Call(sign)) if self._signer.waits(ledger.mail) else sign()

    def _peek(self, ahead: Ahead) -> Ledger | None:
        """Who cannot be signed does not ride, and is told why when it is his turn."""
        ledger = ahead()
        if ledger is None or ledger is self._ahead:
            return ledger
        if self._signer.waits(ledger.mail):
            return None
        try:
            ledger.mail = self._signer.sign(ledger.mail)
        except MailError:
            return None
        self._ahead = ledger
        return ledger
