"""A transport gets no mail for who is on the suppression list when it is delivered."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

from ..envelope import Receipt, Recipient, Reply, SealedMail
from ..transports import Delivers
from ..transports.before import TransportBefore
from ..transports.passing import Passed, Whole
from .asking import Asking


def unless_suppressed(transport: Delivers, asking: Asking) -> TransportBefore:
    """Asks at delivery, whatever was noted when the mail was sealed."""
    return TransportBefore(transport, _List(asking))


class _List:
    """Most mails go as they are, so the next one's envelope may go before anybody was asked."""

    single = True
    lasts = False

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def passed(self, mail: SealedMail) -> Passed:
        """For those who are not on it."""
        envelope = self._asking.note(mail.envelope, mail.list)
        mail = mail._replace(envelope=envelope) if envelope is not mail.envelope else mail
        return Narrowed(mail) if any(to.suppressed for to in envelope.recipients) else Whole(mail)

    def waits(self, mail: SealedMail) -> bool:
        """A database server is far away."""
        return self._asking.waits

    def foreseen(self, mail: SealedMail) -> Passed | None:
        """All of it, unless it was known better at the seal."""
        return None if any(to.suppressed for to in mail.envelope.recipients) else Whole(mail)


class Narrowed(NamedTuple):
    """A mail for some of its recipients, or for none."""

    mail: SealedMail

    @property
    def parts(self) -> tuple[SealedMail, ...]:
        """One for the others, if there are any."""
        left = [to for to in self.mail.envelope.recipients if not to.suppressed]
        return (self.mail.narrowed(left),) if left else ()

    def receipt(self, receipts: Sequence[Receipt]) -> Receipt:
        """One Reply for each recipient; who is suppressed is told so and no more."""
        answers = iter(receipts[0].replies if receipts else ())
        replies = tuple([_reply(to) or next(answers) for to in self.mail.envelope.recipients])
        if not receipts:
            return Receipt(self.mail.message_id, replies)
        error = copy(receipts[0].error)
        if error is not None:
            error.replies = replies
        return receipts[0]._replace(replies=replies, error=error)


def _reply(to: Recipient) -> Reply | None:
    return Reply(to.address, "suppressed", text=to.suppressed) if to.suppressed else None
