"""`send_many`: any number of messages over busy connections, an answer for each, in order."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .envelope import Receipt, SealedMail
from .errors import MailError
from .message import Message
from .transports import Transport, deliver_many, route_of

if TYPE_CHECKING:
    from .appstate import AppState, Outgoing

T = TypeVar("T")
logger = logging.getLogger("flask_mailwright")
InParallel = Callable[[Iterator[SealedMail], Callable[[], bool]], Iterator[Receipt]]
_END: Any = object()


class Asked(Iterator[T], Generic[T]):
    """An iterator that complains when nobody ever asks it: its work is done as it is read."""

    def __init__(self, call: str, steps: Iterator[T]) -> None:
        self._call = call
        self._steps = steps
        self._asked = False

    def __next__(self) -> T:
        self._asked = True
        return next(self._steps)

    def close(self) -> None:
        """Ask no more: what was begun is finished."""
        self._asked = True
        if isinstance(self._steps, Generator):
            self._steps.close()

    def __del__(self) -> None:
        if not self._asked:
            logger.error(
                "%s was called and never read, so nothing went: write `for ... in mail.%s(...)`",
                *(self._call, self._call),
            )


def deliver_all(state: AppState, messages: Iterable[Message]) -> Iterator[Receipt]:
    """A receipt for each message, in order; one that fails its checks gets one too.

    What `messages` raises is raised here, after the receipts of all that came before.
    """
    return _Row(state, messages).receipts()


class _Row:
    """Messages under way, and the receipts of those that were refused, in the order they came."""

    def __init__(self, state: AppState, messages: Iterable[Message]) -> None:
        self._state = state
        self._messages = messages
        self._row: deque[Outgoing | Receipt] = deque()
        self._failure: Exception | None = None
        self._stopped = False

    def receipts(self) -> Iterator[Receipt]:
        """All of them; when nobody reads on, what was begun is still delivered and recorded."""
        delivered = self._delivered()
        try:
            for receipt in delivered:
                yield from self._answered(receipt)
        finally:
            self._stopped = True
            for receipt in delivered:
                self._answered(receipt)
        yield from self._refused()
        if self._failure is not None:
            raise self._failure

    def _delivered(self) -> Iterator[Receipt]:
        """Neighbours of one route go together, the next when all of them are answered."""
        for route, run in groupby(self._sealed(), key=route_of):
            yield from self._carried(self._state.transport_of(route), run)
            if self._stopped:
                return

    def _carried(self, transport: Transport, run: Iterator[SealedMail]) -> Iterator[Receipt]:
        """Over several connections, if the transport knows how."""
        in_parallel: InParallel | None = getattr(transport, "deliver_in_parallel", None)
        if in_parallel is None:
            return deliver_many(transport, run)
        return in_parallel(run, lambda: self._stopped)

    def _sealed(self) -> Iterator[SealedMail]:
        try:
            messages = iter(self._messages)
            while not self._stopped and (message := next(messages, _END)) is not _END:
                placed = _placed(self._state, message)
                self._row.append(placed)
                if not isinstance(placed, Receipt):
                    yield placed.mail
        except Exception as failure:  # noqa: BLE001 - raised at the end of `receipts`
            self._failure = failure

    def _answered(self, receipt: Receipt) -> list[Receipt]:
        """Recorded, together with the receipts of those around it that were refused."""
        before, outgoing = self._refused(), self._row.popleft()
        assert not isinstance(outgoing, Receipt)
        self._state.record(outgoing.mail, receipt)
        if receipt.relayed or receipt.is_suppressed:
            self._state.show(outgoing)
        if receipt.is_suppressed:
            self._state.announce_dispatched(outgoing.message)
        return [*before, receipt, *self._refused()]

    def _refused(self) -> list[Receipt]:
        """Those that come next."""
        receipts: list[Receipt] = []
        while self._row and isinstance(refused := self._row[0], Receipt):
            receipts.append(refused)
            self._row.popleft()
        return receipts


def _placed(state: AppState, message: Message) -> Outgoing | Receipt:
    try:
        return state.prepare(message)
    except MailError as error:
        logger.warning("a message of send_many does not go out: %s", error)
        return Receipt(message.msgId or "", (), error)
