"""`send_later`: a message is checked, sealed and put into the engine's hands, alone or in a row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from .engines import Order, Ticket
from .engines.job import Job
from .envelope import Receipt
from .errors import MailError, MessageError
from .message import Message
from .rehearsal import Rehearsal
from .signals import announce, email_queued
from .suppression.transport import Narrowed

if TYPE_CHECKING:
    from .appstate import AppState, Outgoing

logger = logging.getLogger("flask_mailwright")

TOGETHER = 500
"""Mails at most that an engine stores at once."""
OCTETS = 16 * 2**20
"""Of their contents together; the mail that exceeds it is still taken."""

OrderOf = Callable[[Message], Order]
_Placed = tuple["Outgoing", Order]


def submit(state: AppState, message: Message, order: Order) -> Ticket:
    """The engine has it when this returns; MailError when it cannot take it."""
    _check_plan(state, order)
    outgoing = state.prepare(message)
    if state.suppressed:
        return _suppressed(state, outgoing, order)
    if _is_for_nobody(outgoing, order):
        return _answered(state, outgoing)
    ticket = state.engine.submit(outgoing.mail, order)
    if not (getattr(state.engine, "in_caller", False) and ticket.status() == "failed"):
        state.show(outgoing)
    announce(state.app, email_queued, mail=outgoing.mail, ticket=ticket)
    return ticket


def submit_all(state: AppState, messages: Iterable[Message], order_of: OrderOf) -> Iterator[Ticket]:
    """A ticket for each, in order; one that cannot go has a ticket that failed."""
    many: Any = getattr(state.engine, "submit_many", None)
    if many is None:
        yield from (_ticket(state, message, order_of) for message in messages)
        return
    source = iter(messages)
    while chunk := list(_chunk(state, source, order_of)):
        yield from _together(state, chunk, many)


def _ticket(state: AppState, message: Message, order_of: OrderOf) -> Ticket:
    make_room: Callable[[], None] = getattr(state.engine, "make_room", _nothing)
    make_room()
    try:
        return submit(state, message, order_of(message))
    except MailError as error:
        return _failed(state, message, error)


def _chunk(
    state: AppState, messages: Iterator[Message], order_of: OrderOf
) -> Iterator[Ticket | _Placed]:
    octets = 0
    for message in islice(messages, TOGETHER):
        try:
            order = order_of(message)
            _check_plan(state, order)
            outgoing = state.prepare(message)
        except MailError as error:
            yield _failed(state, message, error)
            continue
        if state.suppressed:
            yield _suppressed(state, outgoing, order)
        elif _is_for_nobody(outgoing, order):
            yield _answered(state, outgoing)
        else:
            yield outgoing, order
        octets += len(outgoing.mail.content)
        if octets >= OCTETS:
            return


def _together(state: AppState, chunk: list[Ticket | _Placed], many: Any) -> Iterator[Ticket]:
    """All of a chunk are stored in one transaction, before the first ticket is seen."""
    placed = [each for each in chunk if not isinstance(each, Ticket)]
    tickets = iter(_submitted(state, placed, many))
    for each in chunk:
        yield each if isinstance(each, Ticket) else next(tickets)


def _submitted(state: AppState, placed: list[_Placed], many: Any) -> list[Ticket]:
    try:
        tickets: list[Ticket] = many([(outgoing.mail, order) for outgoing, order in placed])
    except MailError as error:
        return [_failed(state, outgoing.message, error) for outgoing, _ in placed]
    for (outgoing, _), ticket in zip(placed, tickets, strict=True):
        state.show(outgoing)
        announce(state.app, email_queued, mail=outgoing.mail, ticket=ticket)
    return tickets


def _check_plan(state: AppState, order: Order) -> None:
    """To forget when a mail is due would be worse than not to take it."""
    planned = [name for name in ("at", "expires", "key") if getattr(order, name) is not None]
    if planned and not getattr(state.engine, "plans", False):
        raise MessageError(
            [f"{name} needs an engine that keeps it: MAIL_ENGINE=outbox" for name in planned]
        )


def _is_for_nobody(outgoing: Outgoing, order: Order) -> bool:
    """Which is asked again at delivery; but one with a key is that of the key, in the engine."""
    return order.key is None and outgoing.mail.envelope.is_suppressed


def _suppressed(state: AppState, outgoing: Outgoing, order: Order) -> Ticket:
    """In a transaction that is to be committed it waits for that, as any mail does."""
    rehearsal = Rehearsal(state, outgoing, order)
    watch: Callable[..., bool] = getattr(state.engine, "watch", _alone)
    if not watch(outgoing.mail, rehearsal.ended):
        rehearsal.ended("committed")
    return rehearsal.ticket


def _answered(state: AppState, outgoing: Outgoing) -> Ticket:
    """All whom it is for are on the suppression list: no engine need have it."""
    receipt = Narrowed(outgoing.mail).receipt(())
    state.record(outgoing.mail, receipt)
    state.show(outgoing)
    return _ended(state, outgoing.mail.id, receipt)


def _failed(state: AppState, message: Message, error: MailError) -> Ticket:
    logger.warning("a message of send_many_later does not go out: %s", error)
    receipt = Receipt(message.msgId or "", error.replies, error)
    return _ended(state, state.world.token(), receipt)


def _ended(state: AppState, mail_id: str, receipt: Receipt) -> Ticket:
    job = Job(mail_id, state.world.now())
    job.finish(receipt)
    return job.ticket


def _nothing(*_: object) -> None:
    """What an engine does that has no such method."""


def _alone(*_: object) -> bool:
    """What an engine says that joins no transaction."""
    return False
