"""A mail that an operator sends on its way again, to those alone whom it has not reached.

Its tries are counted on, for each has a row; its crashes and the days for which it is tried begin
anew, and an `expires` that is over does not count.
"""

from __future__ import annotations

from typing import NamedTuple

from ...errors import MailError
from ...reply import Reply
from . import statements as sql
from .database import Run
from .overview import Account, account
from .rows import replies_json
from .store import Store

TOGETHER = 200
"""Mails of one status that are looked at together."""

_ENDED = {
    "sending": "it is in hand at this moment; wait what becomes of it",
    "done": "nobody is left to try: it has reached everybody it was for",
    "cancelled": "it was cancelled, and its content erased then; send it anew",
}


class Retried(NamedTuple):
    """How many go again, and how many cannot."""

    again: int
    not_again: int


def retry(store: Store, id: str, now: float) -> int:  # noqa: A002
    """Due at once for all it has not reached, whose number is returned; MailError says why not."""
    found = account(store, id)
    if found is None:
        raise MailError(f"there is no mail {id!r} in the outbox of {store.app}", kind="invalid")
    if reason := _obstacle(found, now):
        raise MailError(f"mail {id} does not go again: {reason}", kind="invalid")
    with store.database.transaction(durable=True) as run:
        if not _again(run, store, found, now):
            raise MailError(f"mail {id} has just changed; look at it again", kind="temporary")
    return len(found.unanswered) + sum(reply.action == "delayed" for reply in _renewed(found))


def retry_all(store: Store, status: str, now: float) -> Retried:
    """All mails of one status, as far as they can go."""
    again = not_again = 0
    after = ""
    while ids := _page(store, status, after):
        for id in ids:  # noqa: A001
            gone = _retried(store, id, now)
            again, not_again = again + gone, not_again + (not gone)
        after = ids[-1]
    return Retried(again, not_again)


def _retried(store: Store, id: str, now: float) -> bool:  # noqa: A002
    try:
        retry(store, id, now)
    except MailError as error:
        if error.stage == "store":
            raise
        return False
    return True


def _page(store: Store, status: str, after: str) -> list[str]:
    values = {"app": store.app, "status": status, "after": after, "most": TOGETHER}
    with store.database.reading() as run:
        return [str(id) for (id,) in run(sql.SELECT_PAGE, values).rows]  # noqa: A001


def _obstacle(found: Account, now: float) -> str:
    summary = found.summary
    if summary.status in _ENDED:
        return _ENDED[summary.status]
    if found.claimed:
        return _ENDED["sending"]
    if not found.content_kept:
        return "its content is not kept any more (MAIL_OUTBOX_KEEP); send it anew"
    if summary.status == "queued" and found.not_before is not None and found.not_before > now:
        return "it is planned for later, and goes then"
    return ""


def _again(run: Run, store: Store, found: Account, now: float) -> bool:
    replies = _renewed(found)
    values = {
        "id": found.summary.id,
        "app": store.app,
        "now": now,
        "status": found.summary.status,
        "attempts": found.summary.attempts,
        "replies": replies_json(replies) if replies else None,
    }
    return run(sql.RETRY, values).changed == 1


def _renewed(found: Account) -> tuple[Reply, ...]:
    """Who has it, or was left out on purpose, is not tried again."""
    return tuple([_delayed(reply) for reply in found.replies])


def _delayed(reply: Reply) -> Reply:
    if reply.action in {"failed", "in_doubt"}:
        return reply._replace(action="delayed", transient=True)
    return reply
