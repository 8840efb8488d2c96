"""How mail comes into the outbox: many threads that put at once are committed together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ...errors import MailError
from . import statements as sql
from .database import Database, Run
from .groupcommit import PATIENCE, GroupCommit
from .rows import Stored

_Row = tuple[dict[str, Any], dict[str, Any]]
"""The small one and the large one."""


class Intake:
    """Takes the mails of one app."""

    def __init__(self, database: Database, app: str, busy: float) -> None:
        self._database = database
        self._app = app
        self._insert = sql.insert_mail(database.dialect)
        self._group = GroupCommit(self._put_surely, patience=PATIENCE * busy)

    def put(self, mails: Sequence[Stored]) -> None:
        """When this returns they survive whatever happens to this process and machine."""
        self._group.add([self._row(stored) for stored in mails])

    def put_in(self, run: Run, mails: Sequence[Stored]) -> set[str]:
        """Put them into somebody else's transaction; the ids of those that were not there yet."""
        return self._put_rows(run, [self._row(stored) for stored in mails])

    def forget_in(self, run: Run, id: str) -> None:  # noqa: A002
        """As if it had never been put into this transaction."""
        run(sql.ERASE, {"id": id})
        run(sql.FORGET, {"id": id, "app": self._app})

    def _row(self, stored: Stored) -> _Row:
        return {**stored.values(), "app": self._app}, stored.content()

    def _put_surely(self, rows: list[_Row]) -> None:
        """No error when only the answer to our commit was lost: whoever hears one sends again."""
        try:
            self._put(rows)
        except MailError as error:
            if error.kind != "temporary" or not self._are_there(rows):
                raise

    def _are_there(self, rows: list[_Row]) -> bool:
        with suppress(MailError), self._database.reading() as run:
            return all(run(sql.SELECT_ID, {"id": _id(row)}).rows for row in rows)
        return False

    def _put(self, rows: list[_Row]) -> None:
        with self._database.transaction(durable=True) as run:
            self._put_rows(run, rows)

    def _put_rows(self, run: Run, rows: list[_Row]) -> set[str]:
        put = set()
        for mail, content in sorted(rows, key=_id):  # in one order, so that no two wait in turn
            if run(self._insert, mail).changed == 1:
                run(sql.INSERT_CONTENT, content)
                put.add(mail["id"])
        return put


def _id(row: _Row) -> str:
    return str(row[0]["id"])
