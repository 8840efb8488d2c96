"""What is said of mails, once, in the SQL that SQLite, PostgreSQL and MariaDB share.

Of the tables beside them see `sidetables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from .dialect import Dialect

WIDTH = 32
"""Rows that one statement names at most."""


_GIVEN = """id app route submitter precedence due not_before expires created on_doubt message_id
    subject""".split()
_FIRST = {
    "status": "'queued'",
    "attempts": "0",
    "crashes": "0",
    "owner": "''",
    "lease": "0",
    "reason": "''",
}
"""What all mails begin with."""


@cache
def insert_mails(rows: int, insert: str = "INSERT INTO", unless_there: str = "") -> str:
    """So many mails; their values are `numbered`. The words are a dialect's: see there."""
    columns = ", ".join((*_GIVEN, *_FIRST))
    return f"""{insert} mailwright_mail ({columns})
        VALUES {_values(_GIVEN, rows, *_FIRST.values())}{unless_there}"""


@cache
def insert_contents(rows: int) -> str:
    """Those of so many mails."""
    columns = ("id", "record", "content")
    return f"""INSERT INTO mailwright_content ({", ".join(columns)})
        VALUES {_values(columns, rows)}"""


@cache
def insert_whole(rows: int) -> str:
    """So many mails with their contents, where one statement may hold another."""
    return f"WITH mails AS ({insert_mails(rows)}) {insert_contents(rows)}"


def numbered(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The values of several rows, as one statement names them; those of the first as they are."""
    return {
        f"{name}{at or ''}": value for at, row in enumerate(rows) for name, value in row.items()
    }


def _values(names: Iterable[str], rows: int, *fixed: str) -> str:
    each = [(*(f":{name}{at or ''}" for name in names), *fixed) for at in range(rows)]
    return ", ".join(f"({', '.join(values)})" for values in each)


def select_due(dialect: Dialect, *, own: bool) -> str:
    """The next mails of one route and precedence; `own`: of those that this process submitted."""
    only = " AND submitter = :owner" if own else ""
    return f"""SELECT id FROM mailwright_mail
        WHERE app = :app AND status = 'queued' AND owner = '' AND route = :route
        AND precedence = :precedence AND due <= :now{only}
        ORDER BY due LIMIT :most{dialect.lock}"""


def next_route(comparison: str) -> str:
    """The first route that any mail waits for which nobody has claimed."""
    return f"""SELECT route FROM mailwright_mail
        WHERE app = :app AND status = 'queued' AND owner = '' AND route {comparison} :route
        ORDER BY route LIMIT 1"""


def _ids(mails: int, name: str = "id") -> str:
    return ", ".join(f":{name}{at or ''}" for at in range(mails))


IDS = ", ".join(f":id{number}" for number in range(WIDTH))
_OURS = "COALESCE(owner, '') = :owner"
"""Never empty, but so it is no reason to look for a few mails by their owner.

PostgreSQL does that as long as its table is small, and keeps to it when it is not any more.
"""

CLAIM = f"""UPDATE mailwright_mail SET owner = :owner, lease = :lease
    WHERE id IN ({IDS})"""
"""Those that are due; whoever selected them has them locked."""

SELECT_CLAIMED = f"""SELECT m.id, COALESCE(m.not_before, m.created), m.expires,
    m.on_doubt, m.attempts, m.crashes, m.replies, c.record, c.content
    FROM mailwright_mail m LEFT JOIN mailwright_content c ON c.id = m.id
    WHERE m.id IN ({IDS})
    ORDER BY m.precedence, m.due"""


@cache
def start_all(mails: int) -> str:
    """So many that were claimed for the same attempt and not begun; `next` is the id of one."""
    return f"""UPDATE mailwright_mail
        SET status = 'sending', attempts = :begins, lease = :lease
        WHERE id IN ({_ids(mails, "next")}) AND {_OURS} AND attempts + 1 = :begins
        AND COALESCE(status, '') = 'queued'"""


@cache
def finish_all(mails: int) -> str:
    """So many that everybody got at the same attempt; `numbered` are their ids and replies."""
    replies = " ".join(f"WHEN :id{at or ''} THEN :replies{at or ''}" for at in range(mails))
    return f"""UPDATE mailwright_mail SET status = 'done', ended = :last, owner = '', lease = 0,
        replies = CASE id {replies} END, reason = ''
        WHERE id IN ({_ids(mails)}) AND {_OURS} AND attempts = :attempt
        AND COALESCE(status, '') = 'sending'"""


START = """UPDATE mailwright_mail SET status = 'sending', attempts = :attempt, lease = :lease
    WHERE id = :id AND owner = :owner AND ((status = 'queued' AND attempts + 1 = :attempt)
    OR (status = 'sending' AND attempts = :attempt))"""
"""It may be repeated: an owner begins each attempt once, and no other by a claim that lapsed."""

FINISH = """UPDATE mailwright_mail SET status = :status, due = :due, ended = :ended, owner = '',
    lease = 0, attempts = :attempts, replies = :replies, reason = :reason
    WHERE id = :id AND owner = :owner AND attempts = :attempt AND status = :before"""

PARK = """UPDATE mailwright_mail SET status = 'held', ended = :now, owner = '', lease = 0,
    reason = :reason WHERE id = :id AND owner = :owner AND status = 'queued'"""


@cache
def insert_attempts(rows: int) -> str:
    """So many; their values are `numbered`."""
    values = _values(("id", "attempt", "began", "now", "kind", "stage", "text"), rows)
    return f"""INSERT INTO mailwright_attempt (mail, number, began, ended, kind, stage, text)
        VALUES {values}"""


SELECT_OWN_ATTEMPT = """SELECT number FROM mailwright_attempt
    WHERE mail = :id AND number = :attempt AND ended = :now"""

SELECT_OWN_END = """SELECT id FROM mailwright_mail
    WHERE id = :id AND status = :status AND owner = '' AND ended = :now"""


@cache
def erase(mails: int) -> str:
    """The contents of so many, whose ids are `numbered`."""
    return f"DELETE FROM mailwright_content WHERE id IN ({_ids(mails)})"


ERASE = erase(1)


@cache
def step_all(starts: int, ends: int) -> str:
    """The four before as one, where statements nest: all of it, or it fails with OTHERWISE."""
    parts = {"ended": f"{finish_all(ends)} RETURNING id", "erased": erase(ends)}
    parts["noted"] = f"{insert_attempts(ends)} ON CONFLICT DO NOTHING"  # it was done before
    if starts:
        parts["started"] = f"{start_all(starts)} RETURNING id"
    named = ", ".join(f"{name} AS ({part})" for name, part in parts.items())
    started = "(SELECT COUNT(*) FROM started)" if starts else "0"
    return f"""WITH {named} SELECT 1 / CASE WHEN {started} = {starts} AND COUNT(*) = {ends}
        THEN 1 ELSE 0 END /* undone: a mail is not as it was left */ FROM ended"""


OTHERWISE = "22012"
"""PostgreSQL's SQLSTATE of a division by zero: SQL has no word for undoing itself."""


FORGET = "DELETE FROM mailwright_mail WHERE id = :id AND app = :app"


def select_held(dialect: Dialect) -> str:
    """Those of one owner that nobody is about to change."""
    return f"""SELECT id FROM mailwright_mail
        WHERE id IN ({IDS}) AND {_OURS}{dialect.lock}"""


RENEW = f"UPDATE mailwright_mail SET lease = :lease WHERE id IN ({IDS}) AND {_OURS}"

RELEASE = """UPDATE mailwright_mail SET owner = '', lease = 0
    WHERE id = :id AND owner = :owner AND status = 'queued'"""

_LAPSED = "owner <> '' AND (lease < :now OR lease > :latest)"

RELEASE_LAPSED = f"""UPDATE mailwright_mail SET owner = '', lease = 0
    WHERE app = :app AND status = 'queued' AND {_LAPSED}"""


def select_lapsed(dialect: Dialect) -> str:
    """Those that were begun; who is about to end one has not ended himself, however late he is."""
    return f"""SELECT id, owner, attempts, crashes, on_doubt, lease FROM mailwright_mail
        WHERE app = :app AND status = 'sending' AND {_LAPSED}{dialect.lock}"""


CRASHED = """UPDATE mailwright_mail SET status = :status, crashes = crashes + 1, owner = '',
    lease = 0, due = :now, ended = :ended, reason = :reason
    WHERE id = :id AND owner = :owner AND attempts = :attempt AND status = 'sending'"""

_PUT_OFF = "due > :far AND (not_before IS NULL OR due > not_before)"

HASTEN = f"""UPDATE mailwright_mail SET due = :now
    WHERE app = :app AND status = 'queued' AND {_PUT_OFF}"""

SELECT_ASTRAY = f"""SELECT id FROM mailwright_mail WHERE app = :app AND
    (((status = 'queued' OR status = 'sending') AND {_LAPSED})
    OR (status = 'queued' AND {_PUT_OFF})) LIMIT 1"""
"""Whether there is anything for the three before, without a lock."""

SELECT_MAIL = """SELECT status, created, message_id, replies, reason, crashes FROM mailwright_mail
    WHERE id = :id AND app = :app"""

SELECT_ID = "SELECT id FROM mailwright_mail WHERE id = :id"

CANCEL = """UPDATE mailwright_mail SET status = 'cancelled', ended = :now, owner = '', lease = 0
    WHERE id = :id AND app = :app AND status IN ('queued', 'held')"""

COUNT_OPEN = """SELECT COUNT(*) FROM mailwright_mail
    WHERE app = :app AND (status = 'sending' OR status = 'queued') AND due <= :now"""

NEXT_DUE = """SELECT MIN(due) FROM mailwright_mail WHERE app = :app AND status = 'queued'"""

COUNT_OWN = f"{COUNT_OPEN} AND submitter = :owner"

COUNT_OF_OTHERS = f"{COUNT_OPEN} AND submitter <> :owner AND route = :route"

PRUNE_CONTENT = """DELETE FROM mailwright_content WHERE id IN (SELECT id FROM mailwright_mail
    WHERE app = :app AND status NOT IN ('queued', 'sending') AND ended < :before)"""

PRUNE_ATTEMPTS = """DELETE FROM mailwright_attempt WHERE mail IN (SELECT id FROM mailwright_mail
    WHERE app = :app AND status NOT IN ('queued', 'sending') AND ended < :before)"""

PRUNE_MAILS = """DELETE FROM mailwright_mail
    WHERE app = :app AND status NOT IN ('queued', 'sending') AND ended < :before"""

GIVE_BACK = """UPDATE mailwright_mail SET owner = '', lease = 0
    WHERE app = :app AND owner = :owner AND status = 'queued'"""

SELECT_DOUBTS = """SELECT number FROM mailwright_attempt
    WHERE mail = :id AND kind = 'in_doubt' LIMIT 1"""

SELECT_NO_MAIL = "SELECT id FROM mailwright_mail WHERE id = ''"

COUNT_BY_STATUS = """SELECT status, COUNT(*) FROM mailwright_mail WHERE app = :app
    GROUP BY status ORDER BY status"""


def select_summaries(*, of_status: bool) -> str:
    """The newest mails, of all or of one status."""
    only = " AND status = :status" if of_status else ""
    return f"""SELECT id, status, created, due, ended, attempts, message_id, subject, reason
        FROM mailwright_mail WHERE app = :app{only} ORDER BY created DESC, id LIMIT :most"""


SELECT_NAMED = """SELECT id FROM mailwright_mail
    WHERE app = :app AND (id LIKE :pattern OR message_id = :message_id) ORDER BY id LIMIT 2"""

SELECT_ACCOUNT = """SELECT m.id, m.status, m.created, m.due, m.ended, m.attempts, m.message_id,
    m.subject, m.reason, m.route, m.not_before, m.expires, m.crashes, m.on_doubt, m.owner,
    m.replies, c.record
    FROM mailwright_mail m LEFT JOIN mailwright_content c ON c.id = m.id
    WHERE m.id = :id AND m.app = :app"""

SELECT_ATTEMPTS = """SELECT number, began, ended, kind, stage, text FROM mailwright_attempt
    WHERE mail = :id ORDER BY number"""

SELECT_PAGE = """SELECT id FROM mailwright_mail
    WHERE app = :app AND status = :status AND id > :after ORDER BY id LIMIT :most"""

RETRY = """UPDATE mailwright_mail SET status = 'queued', due = :now, not_before = :now,
    expires = CASE WHEN expires > :now THEN expires END, ended = NULL, crashes = 0,
    replies = :replies, reason = ''
    WHERE id = :id AND app = :app AND status = :status AND attempts = :attempts AND owner = ''
    AND EXISTS (SELECT 1 FROM mailwright_content c WHERE c.id = mailwright_mail.id)"""
