"""Where one mail stands: what a ticket tells."""

from __future__ import annotations

from typing import NamedTuple

from ...reply import Reply
from ..ticket import Status
from . import statements as sql
from .database import Run
from .rows import read_replies
from .store import Store


class Standing(NamedTuple):
    """What is known; `created` is seconds since 1970."""

    status: Status
    created: float
    message_id: str
    replies: tuple[Reply, ...]
    reason: str
    crashes: int = 0

    @property
    def reached_somebody(self) -> bool:
        """Or may have."""
        reached = any(reply.action in {"relayed", "in_doubt"} for reply in self.replies)
        return reached or self.crashes > 0


def find(store: Store, id: str) -> Standing | None:  # noqa: A002
    """What is known about a mail; None when nothing is (any more)."""
    with store.database.reading() as run:
        return find_in(run, store, id)


def find_in(run: Run, store: Store, id: str) -> Standing | None:  # noqa: A002
    """The same, as a transaction sees it."""
    rows = run(sql.SELECT_MAIL, {"id": id, "app": store.app}).rows
    if not rows:
        return None
    status, created, message_id, replies, reason, crashes = rows[0]
    return Standing(status, created, message_id, read_replies(replies), reason, crashes)
