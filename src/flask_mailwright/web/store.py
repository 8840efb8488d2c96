"""The mailbox: a copy of every mail of an app, the newest first, and what became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..envelope import Receipt, SealedMail
from .kept import Kept, Listed, merged, replies_of, reply_record, sealed
from .mailboxfile import MailboxFile
from .words import folded, shape

MOST_MAILS = 1_000
MOST_OCTETS = 256 * 2**20
"""How many mails of an app stay, and how many octets of content; the newest does in any case."""

_LISTED = """
    number, id, moment, endpoint, source, sender, people, subject, route, files, octets, replies,
    error
"""


class Store:
    """Of one app; another app may have its mails in the same file. MailError when it cannot."""

    def __init__(self, path: Path, app: str) -> None:
        self.path = path
        self._app = app
        self._file = MailboxFile(path)

    def keep(self, mail: SealedMail, when: float, endpoint: str) -> None:
        """Take a copy; one that is there already only learns from where it was sent."""
        row = self._row(mail, when, endpoint, "app")
        self._file.write(lambda connection: self._put(connection, row, _ENDPOINT))

    def keep_again(self, mail: SealedMail, when: float, endpoint: str) -> None:
        """Take a copy of what is sent once more, beside the first one."""
        row = self._row(mail, when, endpoint, "app")
        self._file.write(lambda connection: self._insert(connection, row))

    def catch(self, mail: SealedMail, when: float) -> None:
        """Take a copy of what came in, unless it is a mail of this app, which is there already."""
        row = self._row(mail, when, "", "catch")

        def step(connection: sqlite3.Connection) -> None:
            if not connection.execute(_SENT_ALREADY, row).fetchone():
                self._insert(connection, row)

        self._file.write(step)

    def answer(self, mail: SealedMail, receipt: Receipt, when: float) -> None:
        """Note what became of it, and keep it first if it is not there."""
        row = self._row(mail, when, "", "app")
        row["replies"] = reply_record(receipt.replies)
        row["error"] = "" if receipt.error is None else str(receipt.error)
        self._file.write(lambda connection: self._answer(connection, row))

    def newest(
        self, *, before: int | None = None, limit: int = 100, search: str = ""
    ) -> list[Listed]:
        """Those in which every word of the search is found, whatever its case."""
        words = folded(search).split()[:10]
        found = "".join(f" AND instr(words, :word{place})" for place in range(len(words)))
        values: dict[str, Any] = {f"word{place}": word for place, word in enumerate(words)}
        values |= {"app": self._app, "before": before, "limit": limit}
        statement = f"""
            SELECT {_LISTED} FROM mail
            WHERE app = :app AND (:before IS NULL OR number < :before){found}
            ORDER BY number DESC LIMIT :limit
        """
        return [_listed(row) for row in self._rows(statement, values)]

    def find(self, number: int) -> Kept | None:
        """One mail with its content."""
        values = {"app": self._app, "number": number}
        rows = self._rows(
            f"SELECT {_LISTED}, record, content FROM mail WHERE app = :app AND number = :number",
            values,
        )
        return _kept(rows[0]) if rows else None

    def number_of(self, mail_id: str) -> int | None:
        """Under which number a mail is kept."""
        statement = "SELECT number FROM mail WHERE app = :app AND id = :id"
        rows = self._rows(statement, {"app": self._app, "id": mail_id})
        return rows[0][0] if rows else None

    def neighbours(self, number: int) -> tuple[int | None, int | None]:
        """The next newer mail and the next older one."""
        statement = """
            SELECT (SELECT min(number) FROM mail WHERE app = :app AND number > :number),
                   (SELECT max(number) FROM mail WHERE app = :app AND number < :number)
        """
        (newer, older) = self._rows(statement, {"app": self._app, "number": number})[0]
        return newer, older

    def count(self) -> int:
        """How many mails there are."""
        return int(
            self._rows("SELECT count(*) FROM mail WHERE app = :app", {"app": self._app})[0][0]
        )

    def delete(self, number: int) -> None:
        """Forget one."""
        self._change("DELETE FROM mail WHERE app = :app AND number = :number", {"number": number})

    def delete_all(self) -> None:
        """Forget all of this app."""
        self._change("DELETE FROM mail WHERE app = :app", {})

    def latest(self) -> str:
        """Another text whenever anything has changed, whichever process did it."""
        ((secret, changes),) = self._rows("SELECT secret, changes FROM box", {})
        return f"{secret[:8]}-{changes}"

    def secret(self) -> str:
        """What a form of this mailbox shows to prove that it is one."""
        return str(self._rows("SELECT secret FROM box", {})[0][0])

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._file.close()

    def _row(self, mail: SealedMail, when: float, endpoint: str, source: str) -> dict[str, Any]:
        return shape(mail)._asdict() | {
            "app": self._app,
            "id": mail.id,
            "message_id": mail.message_id,
            "moment": when,
            "endpoint": endpoint,
            "source": source,
            "route": mail.route,
            "octets": len(mail.content),
            "replies": "[]",
            "error": "",
            "record": mail.to_json(),
            "content": mail.content,
        }

    def _answer(self, connection: sqlite3.Connection, row: Mapping[str, Any]) -> None:
        known = connection.execute(_REPLIES, row).fetchone()
        replies = merged(replies_of(known[0]) if known else (), replies_of(row["replies"]))
        row = {**row, "replies": reply_record(replies)}
        self._put(connection, row, "replies = :replies, error = :error")

    def _put(self, connection: sqlite3.Connection, row: Mapping[str, Any], news: str) -> None:
        """No upsert: it would use up a number each time."""
        statement = f"UPDATE mail SET {news} WHERE app = :app AND id = :id"
        known = connection.execute(statement, row).rowcount
        if known or connection.execute(_ADOPTED, row).rowcount:
            connection.execute(_CHANGED)
        else:
            self._insert(connection, row)

    def _insert(self, connection: sqlite3.Connection, row: Mapping[str, Any]) -> None:
        connection.execute(_INSERT, row)
        limits = {"app": self._app, "mails": MOST_MAILS, "octets": MOST_OCTETS}
        connection.execute(_TOO_OLD, limits)
        connection.execute(_CHANGED)

    def _change(self, statement: str, values: dict[str, Any]) -> None:
        def step(connection: sqlite3.Connection) -> None:
            connection.execute(statement, values | {"app": self._app})
            connection.execute(_CHANGED)

        self._file.write(step)

    def _rows(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return self._file.read(lambda connection: connection.execute(statement, values).fetchall())


def _listed(row: tuple[Any, ...]) -> Listed:
    values = dict(zip(Listed._fields, row, strict=True))
    return Listed(**values | {"replies": replies_of(values["replies"])})


def _kept(row: tuple[Any, ...]) -> Kept:
    *listed, record, content = row
    return Kept(_listed(tuple(listed)), sealed(record, content), content)


_COLUMNS = """
    app id message_id moment endpoint source sender people subject route files octets replies error
    record words content
""".split()
_INSERT = f"INSERT INTO mail ({', '.join(_COLUMNS)}) VALUES (:{', :'.join(_COLUMNS)})"
_SENT_ALREADY = """
    SELECT 1 FROM mail
    WHERE app = :app AND source = 'app' AND message_id = :message_id AND message_id != ''
"""
_ENDPOINT = "endpoint = coalesce(nullif(:endpoint, ''), endpoint)"
_ADOPTED = """
    UPDATE mail
    SET id = :id, endpoint = :endpoint, source = :source, route = :route, replies = :replies,
        error = :error, record = :record
    WHERE number = (
        SELECT max(number) FROM mail
        WHERE app = :app AND source = 'catch' AND message_id = :message_id AND message_id != ''
    )
"""
"""What was caught first: our own server had the mail before the app heard of it."""
_REPLIES = "SELECT replies FROM mail WHERE app = :app AND id = :id"
_CHANGED = "UPDATE box SET changes = changes + 1"
_TOO_OLD = """
    DELETE FROM mail WHERE app = :app AND number < (
        SELECT max(number) FROM mail WHERE app = :app
    ) AND number IN (
        SELECT number FROM (
            SELECT number, row_number() OVER newer AS place, sum(octets) OVER newer AS total
            FROM mail WHERE app = :app WINDOW newer AS (ORDER BY number DESC)
        ) WHERE place > :mails OR total > :octets
    )
"""
