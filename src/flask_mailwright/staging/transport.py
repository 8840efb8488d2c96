"""A transport that reaches nobody but whom staging lets it: the mail goes over another, as staged.

It has what the other has of `connections`, `local`, `patient` and `connect`; but
`deliver_in_parallel` it has not, for a mail may be two there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..envelope import Receipt, SealedMail
from ..transports import Delivers, deliver, deliver_many
from . import Staging
from .staged import Staged


class StagedTransport:
    """Asks `staging` at delivery, whatever was noted when the mail was sealed."""

    def __init__(self, transport: Delivers, staging: Staging) -> None:
        self._over: Any = transport
        self._staging = staging

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
    def patient(self) -> StagedTransport:
        """The same over the other's, if it has one."""
        return StagedTransport(self._over.patient, self._staging)

    @property
    def connect(self) -> Callable[[], AbstractContextManager[Delivers]]:
        """What holds a connection of the other, if it can."""
        connect: Callable[[], AbstractContextManager[Delivers]] = self._over.connect
        return lambda: self._held(connect)

    def deliver(self, mail: SealedMail) -> Receipt:
        """One Reply for each recipient of the mail, wherever it went."""
        staged = Staged.of(mail, self._staging)
        return staged.receipt([deliver(self._over, part) for part in staged.parts])

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order; mails are taken as the other takes them.

        The other's run ends before a mail that is for nobody. What the iterable raises is raised
        when those before are answered.
        """
        line = _Line(mails, self._staging)
        while (staged := line.peek()) is not None:
            if staged.mail.envelope.is_suppressed:
                line.take()
                yield staged.receipt(())
            else:
                yield from self._run(line)
        line.finish()

    def _run(self, line: _Line) -> Iterator[Receipt]:
        in_hand: deque[Staged] = deque()
        receipts: list[Receipt] = []
        for receipt in deliver_many(self._over, _parts(line, in_hand)):
            receipts.append(receipt)
            if len(receipts) == len(in_hand[0].parts):
                yield in_hand.popleft().receipt(receipts)
                receipts.clear()

    @contextmanager
    def _held(self, connect: Callable[[], AbstractContextManager[Delivers]]) -> Iterator[Delivers]:
        with connect() as held:
            yield StagedTransport(held, self._staging)


def _parts(line: _Line, in_hand: deque[Staged]) -> Iterator[SealedMail]:
    while (staged := line.peek()) is not None and not staged.mail.envelope.is_suppressed:
        line.take()
        in_hand.append(staged)
        yield from staged.parts


class _Line:
    """The mails one by one; each can be looked at before it is taken."""

    def __init__(self, mails: Iterable[SealedMail], staging: Staging) -> None:
        self._mails = iter(mails)
        self._staging = staging
        self._next: Staged | None = None
        self._error: Exception | None = None
        self._ended = False

    def peek(self) -> Staged | None:
        """The next mail; None behind the last."""
        if self._next is None and not self._ended:
            try:
                self._next = Staged.of(next(self._mails), self._staging)
            except StopIteration:
                self._ended = True
            except Exception as error:  # noqa: BLE001 - it is raised by `finish`
                self._ended, self._error = True, error
        return self._next

    def take(self) -> None:
        """It is in hand now."""
        self._next = None

    def finish(self) -> None:
        """Raise what the iterable raised."""
        if self._error is not None:
            raise self._error
