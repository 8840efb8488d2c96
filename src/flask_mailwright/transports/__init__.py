"""Our code that hands a sealed mail to a relay; one method is all a transport owes."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial
from itertools import chain, groupby
from operator import attrgetter
from typing import Protocol

from ..envelope import Receipt, Reply, SealedMail
from ..errors import DeliveryError, MailError
from ..reply import Action

logger = logging.getLogger(__name__)
Many = Callable[[Iterable[SealedMail]], Iterator[Receipt]]
route_of = attrgetter("route")


class Delivers(Protocol):
    """A transport, or a connection of it that is held open."""

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over; the failure, if any, is in `receipt.error`."""


class Transport(Delivers, Protocol):
    """Hands mails over and tells what became of each; nothing is raised for one mail.

    A transport may also have `deliver_many(mails)`, which takes from the iterable as it goes and
    yields one Receipt per mail in order; `deliver_in_parallel(mails, stopped)`, which does so over
    several connections and, once `stopped()`, for those alone that were begun; `carrier(hurry)`,
    for a thread that attends to several itself, as the outbox does, which else calls `deliver` in
    threads; `connections`, how many mails are worth having under way; `local`, true when nobody is
    reached by it; `patient`, the same transport for threads in which nobody waits for the relay;
    `hang_up()`, which breaks off what is under way in other threads; and `close()`.
    """

    @property
    def name(self) -> str:
        """How logs and receipts call it; no secret in it."""


def deliver(transport: Delivers, mail: SealedMail) -> Receipt:
    """One mail's Receipt, whatever the transport does."""
    try:
        return _complete(mail, transport.deliver(mail))
    except Exception as error:  # noqa: BLE001 - it is logged and in the Receipt
        return broken_off(mail, error)


def deliver_many(transport: Transport, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
    """One Receipt for each mail, in order, whatever the transport does; `mails` must not raise."""
    many: Many | None = getattr(transport, "deliver_many", None)
    if many is None:
        yield from map(partial(deliver, transport), mails)
        return
    source = iter(mails)
    for first in source:
        yield from _carried(many, first, source)


def deliver_by_route(
    over: Callable[[str], Transport], mails: Iterable[SealedMail]
) -> Iterator[Receipt]:
    """`deliver_many`, each mail over its route's transport; neighbours of one route go together."""
    for route, run in groupby(mails, key=route_of):
        yield from deliver_many(over(route), run)


def _carried(many: Many, first: SealedMail, rest: Iterator[SealedMail]) -> Iterator[Receipt]:
    in_hand = deque((first,))
    failure: Exception = RuntimeError("the transport ended without an answer")
    try:
        for receipt in many(chain((first,), _noted(rest, in_hand))):
            complete = _complete(in_hand[0], receipt)
            in_hand.popleft()
            yield complete
    except Exception as error:  # noqa: BLE001 - it is logged and in the Receipts
        failure = error
    for mail in in_hand:
        yield broken_off(mail, failure)


def _noted(mails: Iterator[SealedMail], in_hand: deque[SealedMail]) -> Iterator[SealedMail]:
    for mail in mails:
        in_hand.append(mail)
        yield mail


def _complete(mail: SealedMail, receipt: Receipt) -> Receipt:
    if len(receipt.replies) != len(mail.envelope.recipients):
        raise TypeError("a transport owes one Reply for each recipient")
    if receipt.error is None and (receipt.failed or receipt.in_doubt):
        return receipt._replace(error=DeliveryError.from_replies(receipt.replies, "transport"))
    return receipt


def broken_off(mail: SealedMail, error: Exception) -> Receipt:
    """A transport that raises a MailError knows what it says; any other leaves us in doubt."""
    if isinstance(error, MailError):
        return _failed(mail, error)
    logger.error("%s: the transport failed", mail.message_id, exc_info=error)
    text = f"the transport raised {type(error).__name__}"
    replies = [Reply(to.address, "in_doubt", text=text) for to in mail.envelope.recipients]
    doubt = DeliveryError.from_replies(replies, "transport")
    doubt.__cause__ = error
    return Receipt(mail.message_id, tuple(replies), doubt)


def _failed(mail: SealedMail, error: MailError) -> Receipt:
    action: Action = "in_doubt" if error.kind == "in_doubt" else "failed"
    error = copy(error)  # one that is raised for several mails must not name the others' people
    temporary = error.kind == "temporary"
    error.replies = tuple(
        Reply(to.address, action, text=str(error), transient=temporary)
        for to in mail.envelope.recipients
    )
    unheard = error.kind in ("temporary", "configuration")
    people = tuple([to.address for to in mail.envelope.recipients]) if unheard else ()
    return Receipt(mail.message_id, error.replies, error, unheard=people)
