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
from .attempts import Step
from .claims import Claims
from .judgement import expired, judge
from .rows import Claimed, Finished, Outcome

logger = logging.getLogger("flask_mailwright")


class Lane:
    """Carries what `take` gives until that is nothing; whoever attends to it does what it asks for.

    `take` is told whether the mail is to ride ahead of its turn. `ended` is told what became of
    each, and how many seconds it was in hand.
    """

    def __init__(
        self,
        claims: Claims,
        delivery: Delivery,
        carrier: Carries,
        take: Callable[[bool], Claimed | None],
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
        self._late: Claimed | None = None
        """Whose time was over when it was to ride."""
        self.trouble: MailError | None = None
        """What the store had to say when it failed."""

    def work(self) -> Waiting[None]:
        """Whatever goes wrong ends it, and no other: those have mails in hand."""
        try:
            yield from self._carry_all()
            yield from self._carrier.part()
        except MailError as trouble:
            self.trouble = trouble
        except (GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException:
            logger.exception("delivery from the outbox broke off; it goes on")
        finally:
            self._carrier.give_back()

    @property
    def left(self) -> list[Claimed]:
        """What it had when it ended: begun and not ended, or not begun."""
        return [each for each in (self._in_hand, self._following, self._late) if each]

    def _carry_all(self) -> Waiting[None]:
        claimed = yield from self._begun()
        while claimed is not None:
            self._in_hand = claimed
            receipt = yield from self._carrier.carry(claimed.narrowed, self._ahead)
            next_may_go = yield from self._end(claimed, receipt)
            claimed, self._following = self._following, None
            if not next_may_go:
                if claimed is not None:  # it was cancelled, or is another's, and reached nobody
                    yield from self._carrier.part()
                    self._claims.let_go(claimed)
                claimed = yield from self._begun()

    def _begun(self) -> Waiting[Claimed | None]:
        """The next one whose start is stored; None when there is none to be had."""
        while (claimed := self._taken()) is not None:
            self._in_hand, self._late = claimed, None
            if self._is_late(claimed):
                yield from self._end_late(claimed)
            elif (yield from self._start(claimed)):
                return claimed
            self._forget(claimed)
        return None

    def _taken(self) -> Claimed | None:
        return None if self.trouble else self._late or self._take(False)

    def _ahead(self) -> SealedMail | None:
        """The one that is to go behind the one in hand; it starts when that ends."""
        try:
            claimed = None if self.trouble or self._late else self._take(True)
        except MailError as trouble:
            self.trouble = trouble
            return None
        if claimed is None:
            return None
        if self._is_late(claimed):
            self._late = claimed
            return None
        self._following = claimed
        return claimed.narrowed

    def _is_late(self, claimed: Claimed) -> bool:
        return claimed.expires is not None and claimed.expires <= self._delivery.world.now()

    def _start(self, claimed: Claimed) -> Waiting[bool]:
        self._began = self._delivery.world.now()
        started, in_time = yield from self._stored(self._claims.start(claimed, self._began))
        return started.next_may_go and in_time

    def _end_late(self, claimed: Claimed) -> Waiting[None]:
        now = self._delivery.world.now()
        outcome = expired(claimed, now)
        finished = yield Join(self._claims.finish(claimed, outcome, now, now))
        if finished.ended:
            yield from self._record(claimed, outcome)

    def _end(self, claimed: Claimed, receipt: Receipt) -> Waiting[bool]:
        """Store it and tell it; whether the next one may go."""
        began, now = self._began, self._delivery.world.now()
        chance = int(self._delivery.world.token()[-8:], 16) / 0xFFFFFFFF
        outcome = judge(claimed, receipt, now, chance, self._delivery.timing)
        finish = self._claims.finish(claimed, outcome, began, now, self._following)
        finished, in_time = yield from self._stored(finish)
        self._forget(claimed)
        self._began = now
        self._ended(outcome, now - began)
        if finished.ended and outcome.counted:
            yield from self._record(claimed, outcome)
        elif outcome.counted:
            said = "; ".join(map(str, outcome.receipt.replies))
            logger.warning("%s is another process's by now: %s", claimed.mail.message_id, said)
        return finished.next_may_go and in_time

    def _stored(self, step: Step) -> Waiting[tuple[Finished, bool]]:
        """What it found; and whether a lease of before is still good, for the store may be away."""
        asked = self._delivery.world.monotonic()
        found = yield Join(step)
        passed = self._delivery.world.monotonic() - asked
        return found, passed < self._delivery.timing.lease / 2

    def _record(self, claimed: Claimed, outcome: Outcome) -> Waiting[None]:
        """In a thread of its own if somebody listens, or a log may mail what went wrong.

        He may take his time, or even call exit.
        """
        record = partial(self._delivery.record, claimed.narrowed, outcome.receipt)
        try:
            if outcome.receipt.error is not None or self._delivery.listened():
                yield Call(record)
            else:
                record()
        except (GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException:
            logger.exception("what became of %s was not recorded", claimed.mail.message_id)

    def _forget(self, claimed: Claimed) -> None:
        self._in_hand = None
        self._claims.let_go(claimed)
