"""What becomes of a sealed mail in staging: what travels in its place, and whose answer is whose.

Those who are allowed get the mail as it is. All others' goes as one copy to the redirect: the copy
names them, and the allowed must not read there who was in Bcc.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

from ..envelope import Receipt, Recipient, Reply, SealedMail
from ..errors import Kind, MailError
from . import Staging
from .banner import banner


class Staged(NamedTuple):
    """`parts` travel, none of them when the mail is for nobody; `mail` is the one they are of."""

    mail: SealedMail
    parts: tuple[SealedMail, ...]

    @classmethod
    def of(cls, mail: SealedMail, staging: Staging) -> Staged:
        """As the settings of this process say; what was noted at the seal may be old."""
        mail = mail._replace(envelope=staging.note(mail.envelope))
        kept = [each for each in mail.envelope.recipients if each.instead is None]
        redirected = [each for each in mail.envelope.recipients if each.instead]
        parts = [mail.narrowed(kept)] if kept else []
        return cls(mail, (*parts, _copy(mail, redirected)) if redirected else tuple(parts))

    def receipt(self, receipts: Sequence[Receipt]) -> Receipt:
        """One Reply for each recipient of the mail, of the receipts of its parts."""
        answers = [_by_address(*pair) for pair in zip(self.parts, receipts, strict=True)] or [{}]
        kept, copied = answers[0], answers[-1]
        replies = tuple([_reply(to, kept, copied) for to in self.mail.envelope.recipients])
        errors = [receipt.error for receipt in receipts if receipt.error is not None]
        error = _worst_error(errors, replies) if errors else None
        tried = tuple([each for receipt in receipts for each in receipt.tried])
        return Receipt(self.mail.message_id, replies, error, tried)


def _copy(mail: SealedMail, redirected: Sequence[Recipient]) -> SealedMail:
    addresses = dict.fromkeys([each for to in redirected for each in to.instead or ()])
    named = banner([to.address for to in redirected])
    options = redirected[0].options  # a message has the same for all
    recipients = [Recipient(address, options) for address in addresses]
    return mail._replace(content=named + mail.content).narrowed(recipients)


def _by_address(part: SealedMail, receipt: Receipt) -> dict[str, Reply]:
    recipients = part.envelope.recipients
    return {to.address: reply for to, reply in zip(recipients, receipt.replies, strict=True)}


def _reply(to: Recipient, kept: dict[str, Reply], copied: dict[str, Reply]) -> Reply:
    if to.instead is None:
        return kept[to.address]
    if not to.instead:
        return Reply(to.address, "suppressed", text="not among MAIL_ALLOWED_RECIPIENTS")
    worst = max([copied[address] for address in to.instead], key=_rank)
    return worst._replace(address=to.address, text=f"redirected to {worst.address}: {worst.text}")


def _rank(reply: Reply) -> int:
    """As errors rank their kinds: what may be mended is tried again, whatever others said."""
    if reply.action == "failed":
        return 3 if reply.transient else 2
    return {"in_doubt": 4, "delayed": 1}.get(reply.action, 0)


def _worst_error(errors: Sequence[MailError], replies: tuple[Reply, ...]) -> MailError:
    error = copy(min(errors, key=lambda each: _KINDS.index(each.kind)))
    error.replies = replies
    if not all(reply.transient or reply.action == "suppressed" for reply in replies):
        error.retry_in = None  # that is said of a mail for which no relay was asked at all
    return error


_KINDS: tuple[Kind, ...] = ("invalid", "configuration", "in_doubt", "temporary", "permanent")
