"""What the outbox knows of a mail, as values: how it is stored, claimed and ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from ...envelope import Receipt, SealedMail
from ...reply import Reply
from ..order import OnDoubt, Order
from ..ticket import Status


class Stored(NamedTuple):
    """A mail on its way into the outbox; `created` is seconds since 1970."""

    mail: SealedMail
    order: Order
    created: float
    submitter: str

    def values(self) -> dict[str, Any]:
        """The small row, but for the app."""
        mail, order = self.mail, self.order
        return {
            "id": mail.id,
            "route": mail.route,
            "submitter": self.submitter,
            "precedence": order.rank,
            "due": order.at or self.created,
            "not_before": order.at,
            "expires": order.expires,
            "created": self.created,
            "on_doubt": order.on_doubt,
            "message_id": mail.message_id,
            "subject": mail.subject,
        }

    def content(self) -> dict[str, Any]:
        """The large one."""
        return {"id": self.mail.id, "record": self.mail.to_json(), "content": self.mail.content}


class Claimed(NamedTuple):
    """A mail that one process has in its hands; `replies` are all that are known so far.

    `since`: when it was to go first, in seconds since 1970.

    `attempts` counts those that were begun, with the one that this claim leads to.
    """

    mail: SealedMail
    since: float
    expires: float | None
    on_doubt: OnDoubt
    attempts: int
    crashes: int
    replies: tuple[Reply, ...]

    @property
    def narrowed(self) -> SealedMail:
        """The mail for those alone who have no final answer yet."""
        if not self.replies:
            return self.mail
        envelope = self.mail.envelope
        pairs = zip(envelope.recipients, self.replies, strict=True)
        left = tuple([each for each, reply in pairs if not is_final(reply)])
        return self.mail._replace(envelope=envelope._replace(recipients=left))

    def merged(self, answers: Iterable[Reply]) -> tuple[Reply, ...]:
        """All replies, with the answers of this attempt in their places."""
        if not self.replies:
            return tuple(answers)
        left = iter(answers)
        return tuple([known if is_final(known) else next(left) for known in self.replies])


class Outcome(NamedTuple):
    """Where an attempt leaves a mail. `receipt` is the attempt's, `replies` are everybody's.

    `counted`: whether it was an attempt at all; it is none when the relay was not asked.
    """

    status: Status
    due: float
    replies: tuple[Reply, ...]
    receipt: Receipt
    reason: str = ""
    counted: bool = True


class Finished(NamedTuple):
    """`ended`: the mail was still ours. `next_may_go`: the next one is started."""

    ended: bool
    next_may_go: bool = False


def is_final(reply: Reply) -> bool:
    """Whether this recipient will not be tried again."""
    return reply.action != "delayed"


def read_claimed(row: tuple[Any, ...]) -> Claimed:
    """As the statement gives it; ValueError, TypeError or KeyError if another version wrote it."""
    since, expires, on_doubt, attempts, crashes, replies, record, content = row[1:]
    mail = SealedMail.from_json(record, bytes(content))
    return Claimed(mail, since, expires, on_doubt, attempts + 1, crashes, read_replies(replies))


def replies_json(replies: Iterable[Reply]) -> str:
    """As the row keeps them."""
    return json.dumps([list(reply) for reply in replies])


def read_replies(text: str | None) -> tuple[Reply, ...]:
    """Those of a row; none before the first attempt."""
    return tuple([Reply(*values) for values in json.loads(text)]) if text else ()
