"""One connection's delivery: each mail is begun, carried and ended before the next one's content.

The start of a mail is stored before its content leaves, in the transaction that ends the mail
before: a process that is killed has one mail for each lane of which nobody knows what became.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from ...envelope import Receipt, SealedMail
from ...errors import MailError
from ...smtp.waiting import Call, Join, Waiting
from .. import Carries, Delivery
from .claims import Claims
from .judgement import expired, judge
from .rows import Claimed, Finished, Outcome

logger = logging.getLogger("flask_mailwright")


class Lane:
    """Carries what `take` gives until that is nothing; whoever attends to it does what it asks for.

    `ended` is told what became of each, and how many seconds it was in hand.
    """

    def __init__(
        self,
        claims: Claims,
        delivery: Delivery,
        carrier: Carries,
        take: Callable[[], Claimed | None],
        ended: Callable[[Outcome, float], object],
    ) -> None:
        self._claims = claims
        self._delivery = delivery
        self._carrier = carrier
        self._take = take
        self._ended = ended
        self._began = 0.0
        self._in_hand: Claimed | None = None
        self._following: Claimed | None = None
        self._late: list[Claimed] = []
        """Whose time is over, and who are to be told so."""
        self.trouble: MailError | None = None
        """What the store had to say when it failed."""

    def work(self) -> Waiting[None]:
        """Whatever goes wrong ends it."""
        try:
            yield from self._carry_all()
        except MailError as trouble:
            self.trouble = trouble
        except (Exception, SystemExit):  # the other lanes have mails in hand
            logger.exception("delivery from the outbox broke off; it goes on")
        finally:
            self._carrier.give_back()

    @property
    def left(self) -> list[Claimed]:
        """What it had when it ended: begun and not ended, or not begun."""
        return [each for each in (self._in_hand, self._following, *self._late) if each]

    def _carry_all(self) -> Waiting[None]:
        claimed = yield from self._begun()
        while claimed is not None:
            self._in_hand = claimed
            receipt = yield from self._carrier.carry(claimed.narrowed, self._ahead)
            next_may_go = yield from self._end(claimed, receipt)
            claimed, self._following = self._following, None
            if not next_may_go:
                if claimed is not None:  # it was cancelled, or is another's, and reached nobody
                    self._carrier.give_back()
                    self._claims.let_go(claimed)
                claimed = yield from self._begun()

    def _begun(self) -> Waiting[Claimed | None]:
        """The next one whose start is stored; None when there is none to be had."""
        while True:
            claimed = self._fresh()
            yield from self._end_late()
            if claimed is None:
                return None
            self._in_hand, self._began = claimed, self._delivery.world.now()
            if (yield Join(self._claims.start(claimed, self._began))):
                return claimed
            self._forget(claimed)

    def _ahead(self) -> SealedMail | None:
        """The one that is to go behind the one in hand; it starts when that ends."""
        try:
            self._following = self._fresh()
        except MailError as trouble:
            self.trouble = trouble
        return self._following.narrowed if self._following else None

    def _fresh(self) -> Claimed | None:
        while self.trouble is None and (claimed := self._take()) is not None:
            if claimed.expires is None or claimed.expires > self._delivery.world.now():
                return claimed
            self._late.append(claimed)
        return None

    def _end_late(self) -> Waiting[None]:
        while self._late:
            claimed, now = self._late.pop(), self._delivery.world.now()
            outcome = expired(claimed, now)
            finished = yield Join(self._claims.finish(claimed, outcome, now, now))
            self._claims.let_go(claimed)
            if finished.ended:
                yield from self._record(claimed, outcome)

    def _end(self, claimed: Claimed, receipt: Receipt) -> Waiting[bool]:
        """Store it and tell it; whether the next one may go."""
        began, now = self._began, self._delivery.world.now()
        chance = int(self._delivery.world.token()[-8:], 16) / 0xFFFFFFFF
        outcome = judge(claimed, receipt, now, chance, self._delivery.timing)
        finished: Finished = yield Join(
            self._claims.finish(claimed, outcome, began, now, self._following)
        )
        self._forget(claimed)
        self._began = now
        self._ended(outcome, now - began)
        if finished.ended and outcome.counted:
            yield from self._record(claimed, outcome)
        elif outcome.counted:
            said = "; ".join(map(str, outcome.receipt.replies))
            logger.warning("%s is another process's by now: %s", claimed.mail.message_id, said)
        return finished.next_may_go

    def _record(self, claimed: Claimed, outcome: Outcome) -> Waiting[None]:
        """In a thread of its own if somebody listens: he may take his time, or even call exit."""
        record = partial(self._delivery.record, claimed.narrowed, outcome.receipt)
        try:
            if self._delivery.listened():
                yield Call(record)
            else:
                record()
        except (Exception, SystemExit):
            logger.exception("what became of %s was not recorded", claimed.mail.message_id)

    def _forget(self, claimed: Claimed) -> None:
        self._in_hand = None
        self._claims.let_go(claimed)
