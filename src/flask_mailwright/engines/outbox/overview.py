"""What an operator sees of an outbox: a line for each mail, and all that is known of one.

Never the content, which is the business of those who write to each other.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from ...errors import MailError
from ...reply import Reply
from ..ticket import Status
from . import statements as sql
from .rows import read_replies
from .store import Store

_BEGINNING = re.compile(r"[0-9A-Za-z-]{4,36}")
"""Of an id: nothing in it means more to LIKE."""


class Summary(NamedTuple):
    """One mail in a list; moments are seconds since 1970."""

    id: str
    status: Status
    created: float
    due: float
    ended: float | None
    attempts: int
    message_id: str
    subject: str
    reason: str


class Attempt(NamedTuple):
    """One try, with what was answered to whom; `kind` and `stage` of its error, if it had one."""

    number: int
    began: float
    ended: float
    kind: str
    stage: str
    text: str


class Account(NamedTuple):
    """All about one mail; a recipient who has no reply yet stands in `unanswered`."""

    summary: Summary
    route: str
    not_before: float | None
    expires: float | None
    crashes: int
    on_doubt: str
    claimed: bool
    replies: tuple[Reply, ...]
    unanswered: tuple[str, ...]
    reverse_path: str | None
    content_kept: bool
    attempts: tuple[Attempt, ...]


def count(store: Store) -> dict[str, int]:
    """How many mails of each status there are."""
    with store.database.reading() as run:
        rows = run(sql.COUNT_BY_STATUS, {"app": store.app}).rows
    return {str(status): int(number) for status, number in rows}


def summaries(store: Store, most: int, status: Status | None = None) -> list[Summary]:
    """The newest `most` mails, of all or of one status."""
    statement = sql.select_summaries(of_status=status is not None)
    values = {"app": store.app, "most": most, "status": status}
    with store.database.reading() as run:
        return [Summary(*row) for row in run(statement, values).rows]


def identify(store: Store, named: str) -> str:
    """The id of the mail that is named by it, its beginning or the Message-ID; or MailError."""
    pattern = f"{named}%" if _BEGINNING.fullmatch(named) else ""
    message_id = f"<{named.strip('<>')}>"
    values = {"app": store.app, "pattern": pattern, "message_id": message_id}
    with store.database.reading() as run:
        found = [str(id) for (id,) in run(sql.SELECT_NAMED, values).rows]  # noqa: A001
    if len(found) == 1:
        return found[0]
    fault = "more than one mail is called" if found else "there is no mail"
    raise MailError(f"{fault} {named!r} in the outbox of {store.app}", kind="invalid")


def account(store: Store, id: str) -> Account | None:  # noqa: A002
    """All that is known of a mail; None when nothing is (any more)."""
    with store.database.reading() as run:
        rows = run(sql.SELECT_ACCOUNT, {"id": id, "app": store.app}).rows
        attempts = run(sql.SELECT_ATTEMPTS, {"id": id}).rows
    if not rows:
        return None
    *summary, route, not_before, expires, crashes, on_doubt, owner, replies, record = rows[0]
    known = read_replies(replies)
    reverse_path, recipients = _envelope(record)
    return Account(
        Summary(*summary),
        route=route,
        not_before=not_before,
        expires=expires,
        crashes=crashes,
        on_doubt=on_doubt,
        claimed=bool(owner),
        replies=known,
        unanswered=() if known else recipients,
        reverse_path=reverse_path,
        content_kept=record is not None,
        attempts=tuple([Attempt(*row) for row in attempts]),
    )


def _envelope(record: str | None) -> tuple[str | None, tuple[str, ...]]:
    """As far as it can be read: one that another version has written may be parked for that."""
    try:
        envelope = json.loads(record or "{}")["envelope"]
        return str(envelope["reverse_path"]), tuple(
            [str(recipient["address"]) for recipient in envelope["recipients"]]
        )
    except (ValueError, TypeError, KeyError):
        return None, ()
