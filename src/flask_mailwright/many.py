"""`send_many`: any number of messages over busy connections, an answer for each, in order."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from .appstate import AppState
from .envelope import Receipt, SealedMail
from .errors import MailError
from .message import Message
from .transports import deliver_many

T = TypeVar("T")
logger = logging.getLogger("flask_mailwright")


class Asked(Iterator[T], Generic[T]):
    """An iterator that complains when nobody ever asks it: its work is done as it is read."""

    def __init__(self, call: str, steps: Iterator[T]) -> None:
        self._call = call
        self._steps = steps
        self._asked = False

    def __next__(self) -> T:
        self._asked = True
        return next(self._steps)

    def __del__(self) -> None:
        if not self._asked:
            logger.error(
                "%s was called and never read, so nothing was sent: write `for ... in mail.%s(...)`",
                *(self._call, self._call),
            )


def deliver_all(state: AppState, messages: Iterable[Message]) -> Iterator[Receipt]:
    """A receipt for each message, in order; one that fails its checks gets one too."""
    in_hand: deque[SealedMail | Receipt] = deque()
    for receipt in deliver_many(state.transport, _seal_all(state, messages, in_hand)):
        yield from _settled(in_hand)
        mail = in_hand.popleft()
        assert isinstance(mail, SealedMail)
        state.record(mail, receipt)
        yield receipt
    yield from _settled(in_hand)


def _seal_all(
    state: AppState, messages: Iterable[Message], in_hand: deque[SealedMail | Receipt]
) -> Iterator[SealedMail]:
    for message in messages:
        sealed = _sealed(state, message)
        in_hand.append(sealed)
        if isinstance(sealed, SealedMail):
            yield sealed


def _sealed(state: AppState, message: Message) -> SealedMail | Receipt:
    try:
        with state.context():
            return state.prepare(message).mail
    except MailError as error:
        return Receipt(message.msgId or "", (), error)


def _settled(in_hand: deque[SealedMail | Receipt]) -> Iterator[Receipt]:
    while in_hand and isinstance(in_hand[0], Receipt):
        yield in_hand.popleft()  # type: ignore[misc]
