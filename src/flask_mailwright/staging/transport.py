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
from ..transports.line import Line
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
        staged = self._staged(mail)
        return staged.receipt([deliver(self._over, part) for part in staged.parts])

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order; mails are taken as the other takes them.

        The other's run ends before a mail that is for nobody. What the iterable raises is raised
        when those before are answered.
        """
        line = Line(map(self._staged, mails))
        while (staged := line.peek()) is not None:
            if staged.mail.envelope.is_suppressed:
                line.take()
                yield staged.receipt(())
            else:
                yield from self._run(line)
        line.take()

    def _staged(self, mail: SealedMail) -> Staged:
        return Staged.of(mail, self._staging)

    def _run(self, line: Line[Staged]) -> Iterator[Receipt]:
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


def _parts(line: Line[Staged], in_hand: deque[Staged]) -> Iterator[SealedMail]:
    while (staged := line.peek()) is not None and not staged.mail.envelope.is_suppressed:
        line.take()
        in_hand.append(staged)
        yield from staged.parts
