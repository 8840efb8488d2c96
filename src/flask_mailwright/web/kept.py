"""A mail in the mailbox: what the list shows of it, and all there is."""

from __future__ import annotations

import json
from typing import NamedTuple

from ..envelope import Reply, SealedMail

WORST_FIRST = ("in_doubt", "failed", "delayed", "relayed", "suppressed")


class Listed(NamedTuple):
    """One line of the list. `source` is "app", or "catch" for what came in by `flask mail catch`.

    `replies` are empty as long as nothing is known; `error` sums up who was not reached.
    """

    number: int
    id: str
    moment: float
    endpoint: str
    source: str
    sender: str
    people: str
    subject: str
    route: str
    files: int
    octets: int
    replies: tuple[Reply, ...]
    error: str

    @property
    def status(self) -> str:
        """The worst that became of it; `waiting` before anything did, `caught` if it came in."""
        if self.source == "catch":
            return "caught"
        actions = {reply.action for reply in self.replies}
        return next((action for action in WORST_FIRST if action in actions), "waiting")

    @property
    def status_words(self) -> str:
        """The status as people read it, with how many of the recipients it is said of."""
        word = self.status.replace("_", " ")
        alike = sum(reply.action == self.status for reply in self.replies)
        return f"{word} {alike}/{len(self.replies)}" if 0 < alike < len(self.replies) else word


class Kept(NamedTuple):
    """The whole of it; `mail` is None when a version that we cannot read has written the record."""

    listed: Listed
    mail: SealedMail | None
    content: bytes


def reply_record(replies: tuple[Reply, ...]) -> str:
    """As the file keeps them."""
    return json.dumps([reply._asdict() for reply in replies])


def replies_of(record: str) -> tuple[Reply, ...]:
    """What it kept; nothing of what another version wrote otherwise."""
    try:
        return tuple([Reply(**each) for each in json.loads(record)])
    except (TypeError, ValueError):
        return ()


def merged(known: tuple[Reply, ...], news: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """A later attempt asks only those whose mail was delayed; the others keep their reply."""
    return tuple(({reply.address: reply for reply in known + news}).values())


def sealed(record: str, content: bytes) -> SealedMail | None:
    """The mail as it was sealed, if this version can tell."""
    try:
        return SealedMail.from_json(record, content)
    except (ValueError, KeyError, TypeError):
        return None
