"""What an attempt means for each recipient, and when the next is due: nothing here asks the store.

4yz, a broken talk and doubt are tried again, 5yz never. What is wrong with our configuration is no
fault of the mail: it waits until that is mended.
"""

from __future__ import annotations

from ...envelope import Receipt
from ...errors import DeliveryError, MailError
from ...reply import Reply
from ...timing import Timing
from ..ticket import Status
from .rows import Claimed, Outcome, is_final

SPREAD = 0.2
"""By how much of itself a pause is longer or shorter, so that not all come back at once."""


def judge(claimed: Claimed, receipt: Receipt, now: float, chance: float, timing: Timing) -> Outcome:
    """Where `receipt` leaves the mail; `chance` is a number from 0 to 1."""
    error = receipt.error
    ends = claimed.since + timing.retry_for if claimed.expires is None else claimed.expires
    unasked = error is not None and error.kind == "temporary" and error.retry_in
    if unasked and now + unasked < ends:
        return _unasked(claimed, receipt, now + unasked)
    due = now + pause(claimed.attempts, chance, timing)
    answers = tuple([_answer(reply, claimed, error, last=due >= ends) for reply in receipt.replies])
    replies = claimed.merged(answers)
    attempt = receipt._replace(replies=answers)
    return Outcome(_status(replies), due, replies, attempt, _reason(error))


def pause(attempts: int, chance: float, timing: Timing) -> float:
    """Seconds behind so many attempts, give or take a fifth.

    >>> [pause(number, 0.5, Timing()) for number in (1, 2, 3, 9)]
    [10.0, 30.0, 90.0, 14400.0]
    """
    grown = timing.retry_first * timing.retry_factor ** min(attempts - 1, 50)
    return min(grown, timing.retry_most) * (1 + SPREAD * (2 * chance - 1))


def expired(claimed: Claimed, now: float) -> Outcome:
    """Its time is over: whoever has no answer gets none."""
    text = "it expired before a relay took it"
    answers = [
        Reply(to.address, "failed", text=text) for to in claimed.narrowed.envelope.recipients
    ]
    error = DeliveryError.from_replies(answers, "queue")
    receipt = Receipt(claimed.mail.message_id, tuple(answers), error)
    return Outcome("expired", now, claimed.merged(answers), receipt, text, counted=False)


def _unasked(claimed: Claimed, receipt: Receipt, due: float) -> Outcome:
    answers = tuple(
        [
            reply._replace(action="delayed", transient=True) if reply.action == "failed" else reply
            for reply in receipt.replies
        ]
    )
    replies = claimed.merged(answers)
    return Outcome(_status(replies), due, replies, receipt._replace(replies=answers), counted=False)


def _answer(reply: Reply, claimed: Claimed, error: MailError | None, *, last: bool) -> Reply:
    if reply.action == "in_doubt":
        if claimed.on_doubt == "hold":
            return reply
        return reply if last else reply._replace(action="delayed", transient=True)
    waits = reply.transient or (error is not None and error.kind == "configuration")
    if reply.action == "failed" and waits and not last:
        return reply._replace(action="delayed", transient=True)
    return reply


def _status(replies: tuple[Reply, ...]) -> Status:
    if not all(map(is_final, replies)):
        return "queued"
    actions = {reply.action for reply in replies}
    if "in_doubt" in actions:
        return "held"
    return "failed" if "failed" in actions else "done"


def _reason(error: MailError | None) -> str:
    return str(error) if error is not None else ""
