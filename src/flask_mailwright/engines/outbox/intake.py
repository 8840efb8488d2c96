"""How mail comes into the outbox: many threads that put at once are committed together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from ...errors import MailError
from . import statements as sql
from .database import Database, Run
from .groupcommit import PATIENCE, GroupCommit
from .rows import Stored

OCTETS = 256 * 1024
"""Of the contents that one statement puts in; a larger one has its own."""


class _Row(NamedTuple):
    """The small one and the large one. `alone`: it has statements of its own."""

    mail: dict[str, Any]
    content: dict[str, Any]
    alone: bool


class Intake:
    """Takes the mails of one app."""

    def __init__(self, database: Database, app: str, busy: float) -> None:
        self._database = database
        self._app = app
        self._dialect = dialect = database.dialect
        self._insert_unless_there = sql.insert_mails(1, dialect.insert, dialect.unless_there)
        self._insert_content = sql.insert_contents(1)
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
        """What has a key may be there already."""
        mail = {**stored.values(), "app": self._app}
        alone = self._dialect.handful == 1 or stored.order.key is not None
        return _Row(mail, stored.content(), alone)

    def _put_surely(self, rows: list[_Row]) -> None:
        """No error when only the answer to our commit was lost: whoever hears one sends again."""
        try:
            self._put(rows)
        except MailError as error:
            if error.kind != "temporary" or not self._are_there(rows):
                raise

    def _are_there(self, rows: list[_Row]) -> bool:
        with suppress(MailError), self._database.reading() as run:
            return all(run(sql.SELECT_ID, {"id": row.mail["id"]}).rows for row in rows)
        return False

    def _put(self, rows: list[_Row]) -> None:
        with self._database.transaction(durable=True) as run:
            self._put_rows(run, rows)

    def _put_rows(self, run: Run, rows: list[_Row]) -> set[str]:
        """The ids of those that were not there yet."""
        put: set[str] = set()
        for some in self._handfuls([row for row in rows if not row.alone]):
            self._put_handful(run, some)
            put.update([row.mail["id"] for row in some])
        alone = [row for row in rows if row.alone]
        for row in sorted(alone, key=_id):  # in one order, so that no two wait in turn
            if run(self._insert_unless_there, row.mail).changed == 1:
                run(self._insert_content, row.content)
                put.add(row.mail["id"])
        return put

    def _put_handful(self, run: Run, rows: list[_Row]) -> None:
        mails = sql.numbered([row.mail for row in rows])
        contents = sql.numbered([row.content for row in rows])
        if self._dialect.nests:
            run(sql.insert_whole(len(rows)), {**mails, **contents})
        else:
            run(sql.insert_mails(len(rows)), mails)
            run(sql.insert_contents(len(rows)), contents)

    def _handfuls(self, rows: list[_Row]) -> Iterator[list[_Row]]:
        """As many as one statement bears."""
        some: list[_Row] = []
        octets = 0
        for row in rows:
            size = len(row.content["content"])
            if some and (len(some) == self._dialect.handful or octets + size > OCTETS):
                yield some
                some, octets = [], 0
            some.append(row)
            octets += size
        if some:
            yield some


def _id(row: _Row) -> str:
    return str(row.mail["id"])
