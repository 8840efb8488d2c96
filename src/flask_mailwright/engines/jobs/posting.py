"""Without an outbox that all machines share: the sealed mail itself is the job.

It comes at least once. What the broker loses is lost, and nobody can ask what became of it.
"""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from ...envelope import Receipt, SealedMail
from ...errors import DeliveryError, MailError, MessageError
from ...reply import Reply
from .. import Delivery
from ..order import Order, Priority
from ..outbox.judgement import expired, judge
from ..outbox.rows import Outcome
from ..ticket import Status, Ticket
from .parcel import Parcel

logger = logging.getLogger("flask_mailwright")

ELSEWHERE = 60.0
"""Seconds after which a mail is taken up again that this process must not deliver."""

PATIENCE = 1800.0
"""Seconds for which a broker that takes nothing is asked for the rest of the recipients."""
AGAIN = 2.0
"""Seconds between two such tries."""


class Posts(Protocol):
    """The broker, as far as it takes parcels."""

    @property
    def longest(self) -> float:
        """Seconds for which a parcel may wait in it and come only once."""

    def post(self, parcel: str, priority: Priority, after: float) -> None:
        """Somebody is to deliver it, in so many seconds."""

    def close(self) -> None:
        """Part from it until there is another."""


class PostingEngine:
    """Retries are new jobs, by the rules of the outbox and not by those of the broker."""

    plans = True
    """It knows `expires`, `at` for as long as the broker may keep it, and says why no `key`."""

    def __init__(self, delivery: Delivery, broker: Posts) -> None:
        self._delivery = delivery
        self._broker = broker

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """When it returns the broker has it; a MailError of stage `queue` when it takes none."""
        now = self._now()
        due = order.at or now
        if faults := [*_out_of_place(order), *self._too_late(due - now)]:
            raise MessageError(faults)
        self._post(Parcel(mail, order, due, due, is_local=self._is_local(mail.route)))
        return Ticket(mail.id, now, Posted(mail.id))

    def begin(self) -> None:
        """Jobs come by themselves."""

    def sweep(self) -> None:
        """The same."""

    def wake(self) -> None:
        """A job of an outbox that is no more: nothing waits here."""

    def work(self, seconds: float) -> bool:
        """The same."""
        return True

    @property
    def pause(self) -> None:
        """Nothing waits here."""

    def take(self, parcel: str, *, again: bool = False) -> None:
        """Deliver it, and post what has to be tried again.

        Who was given the same job before ended in the middle, or before he began. Once that is
        nothing; the mail that it befalls again may be the cause, and that was an attempt in doubt.
        """
        found = Parcel.read(parcel)
        now = self._now()
        if found.due > now:
            self._post(found)
        elif again and not found.came_again:
            self._post(found._replace(came_again=True))
        elif self._is_local(found.mail.route) and not found.is_local:
            logger.error(_LOCAL, found.mail.message_id)
            self._post(found._replace(due=now + ELSEWHERE))
        else:
            self._settle(found, self._lost(found) if again else self._attempted(found))

    def end(self) -> None:
        """Nothing is in hand between two jobs."""

    def close(self) -> None:
        """The broker has all that was submitted."""
        self._broker.close()

    def _settle(self, parcel: Parcel, outcome: Outcome) -> None:
        if outcome.status == "queued":
            left = parcel.after(outcome)
            self._hand_on(left) if _may_be_there(outcome, parcel, left) else self._post(left)
        self._delivery.record(parcel.mail, outcome.receipt)

    def _hand_on(self, left: Parcel) -> None:
        """The old job would bring copies if it came again, so it waits for the broker."""
        until, told = self._delivery.world.monotonic() + PATIENCE, False
        while True:
            try:
                return self._post(left)
            except MailError as error:
                if error.kind != "temporary" or self._delivery.world.monotonic() > until:
                    raise
                if not told:
                    logger.warning("a mail is with some, and its job waits: %s", error)
                told = True
            threading.Event().wait(AGAIN)

    def _attempted(self, parcel: Parcel) -> Outcome:
        world, claimed = self._delivery.world, parcel.claimed
        if claimed.expires is not None and claimed.expires <= world.now():
            return expired(claimed, world.now())
        (receipt,) = self._delivery.deliver_many((parcel.mail,))
        return self._judged(parcel, receipt)

    def _lost(self, parcel: Parcel) -> Outcome:
        people = parcel.mail.envelope.recipients
        replies = tuple([Reply(to.address, "in_doubt", text=_LOST) for to in people])
        doubt = DeliveryError(_LOST, kind="in_doubt", stage="queue", replies=replies)
        return self._judged(parcel, Receipt(parcel.mail.message_id, replies, doubt))

    def _judged(self, parcel: Parcel, receipt: Receipt) -> Outcome:
        world = self._delivery.world
        chance = int(world.token()[-8:], 16) / 0xFFFFFFFF
        return judge(parcel.claimed, receipt, world.now(), chance, self._delivery.timing)

    def _post(self, parcel: Parcel) -> None:
        """A longer pause is made of several: behind half of what it bears the broker is asked."""
        pause = min(max(parcel.due - self._now(), 0.0), self._broker.longest / 2)
        self._broker.post(parcel.to_json(), parcel.order.priority, pause)

    def _too_late(self, pause: float) -> list[str]:
        longest = self._broker.longest
        return [_TOO_LATE.format(longest)] if pause > longest else []

    def _is_local(self, route: str) -> bool:
        return self._delivery.way(route).local

    def _now(self) -> float:
        return self._delivery.world.now()


class Posted:
    """A mail of which nobody here hears any more."""

    def __init__(self, id: str) -> None:  # noqa: A002
        self._id = id

    def status(self) -> Status:
        """Whatever has become of it."""
        return "queued"

    def cancel(self) -> bool:
        """It cannot be taken back."""
        return False

    def wait(self, timeout: float | None) -> Receipt:
        """At once: there will never be an answer."""
        raise MailError(_NO_RESULT.format(self._id), kind="configuration", stage="queue")


def _may_be_there(outcome: Outcome, parcel: Parcel, left: Parcel) -> bool:
    """Whether some recipients have the mail already, or nobody knows."""
    error = outcome.receipt.error
    in_doubt = error is not None and error.kind == "in_doubt"
    return in_doubt or left.mail.envelope.recipients != parcel.mail.envelope.recipients


def _out_of_place(order: Order) -> list[str]:
    """Whether it came twice or was begun only an outbox can tell."""
    wanted = {"key": order.key is not None, 'on_doubt="hold"': order.on_doubt == "hold"}
    return [f"{name} needs {_OUTBOX}" for name, is_wanted in wanted.items() if is_wanted]


_OUTBOX = (
    "an outbox that all processes share: Mail(db=...), or MAIL_OUTBOX_URL; without it a mail is a"
    " job, which nobody finds again"
)
_LOST = "a worker ended that may have handed it over"
_TOO_LATE = (
    "at lies more than {:.0f} s ahead, and no broker keeps a job longer: it needs " + _OUTBOX
)
_NO_RESULT = "mail {} is a job, and nobody keeps what becomes of it; to wait needs " + _OUTBOX
_LOCAL = (
    "%s was meant to reach somebody and here mail reaches nobody, so it waits for another worker:"
    " set MAIL_URL or MAIL_SERVER to a relay, and no MAIL_SUPPRESS_SEND or TESTING"
)
