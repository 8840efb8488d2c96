"""The suppression list of an app, in the database where its outbox is or would be.

Who only asks makes neither file nor table: where they are missing nobody is suppressed. Whether
anybody is a process remembers for a moment, so an app that suppresses nobody asks once a second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from ...errors import ConfigError
from ...process import at_exit, in_forked_child
from ...suppression import Suppression
from .. import Delivery
from . import sidetables as sql
from .alchemy import told
from .choice import database_of, file_of
from .database import Database, NoTable, Run
from .joined import Transaction
from .statements import WIDTH, numbered
from .tables import make_missing

REMEMBERED = 1.0
"""Seconds for which a process remembers whether anybody is suppressed."""
MARGIN = 0.1
"""Seconds before their end in which it does not rely on that."""
PAGE = 500
"""Rows that are read at once."""
T = TypeVar("T")
_NONE: list[Suppression] = []


class StoredSuppressions:
    """Any thread and any forked child may use it."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._begin()
        in_forked_child(self._begin)
        at_exit(self.close)

    def _begin(self) -> None:
        self._opening = threading.Lock()
        self._open: Database | None = None
        self._memory = _Memory(self._delivery.world.monotonic)

    def add(self, address: str, reason: str, list: str | None = None) -> bool:  # noqa: A002
        """In the app's own transaction when that has work to commit; else it is durable."""
        values = self._values(address, list)
        values |= {"since": self._delivery.world.now(), "reason": reason}
        insert = sql.insert_suppression(self._database.dialect)
        return self._change(lambda run: run(insert, values).changed == 1)

    def remove(self, address: str, list: str | None = None) -> bool:  # noqa: A002
        """In the same way."""
        if not self._asked(_is_table, False):
            return False
        values = self._values(address, list)
        return self._change(lambda run: run(sql.DELETE_SUPPRESSION, values).changed == 1)

    def find(
        self,
        addresses: Sequence[str],
        list: str | None,  # noqa: A002
    ) -> Mapping[str, Suppression]:
        """One that is for all mail counts, if there are two."""
        if not self._is_anybody():
            return {}
        return self._asked(partial(self._found, addresses, list or ""), {})

    def __iter__(self) -> Iterator[Suppression]:
        """Page by page."""
        last = Suppression("", "", None, 0.0)
        while page := self._asked(partial(self._page, last), _NONE):
            yield from page
            last = page[-1]

    @property
    def nobody(self) -> bool:
        """As it was seen a moment ago."""
        return self._memory.recalls() is False

    @property
    def waits(self) -> bool:
        """Not for a file of ours, nor as long as it is known that there is nobody."""
        if self._memory.recalls(MARGIN) is False:
            return False
        return self._delivery.outbox.shared is not None or self._file is None

    def close(self) -> None:
        """Close what is open; the next question opens it again."""
        with self._opening:
            database, self._open = self._open, None
        if database is not None:
            database.close()

    @property
    def _database(self) -> Database:
        with self._opening:
            if self._open is None:
                self._open = database_of(self._delivery)
            return self._open

    @cached_property
    def _file(self) -> Path | None:
        return file_of(self._delivery.outbox)

    def _change(self, change: Callable[[Run], bool]) -> bool:
        transaction = Transaction.of(self._delivery.outbox.shared)
        try:
            if transaction is None:
                return self._committed(change)
            return self._joined(transaction, change)
        finally:
            self._memory.forget()

    def _committed(self, change: Callable[[Run], bool]) -> bool:
        """The table is made with the first one; in the app's own database its migrations do it."""
        try:
            return self._written(change)
        except NoTable:
            if self._delivery.outbox.shared is not None:
                raise
        make_missing(self._database)
        return self._written(change)

    def _written(self, change: Callable[[Run], bool]) -> bool:
        with self._database.transaction(durable=True) as run:
            return change(run)

    def _joined(self, transaction: Transaction, change: Callable[[Run], bool]) -> bool:
        """A table that is missing is told before it could spoil the transaction."""
        with self._database.reading() as run:
            _is_table(run)
        transaction.tell(lambda end: self._memory.forget(), _ABANDONED)
        with told():
            return change(transaction.run)

    def _is_anybody(self) -> bool:
        known = self._memory.recalls()
        if known is None:
            seen = self._memory.changes
            known = self._asked(self._has_any, False)
            self._memory.note(seen, known)
        return known

    def _asked(self, ask: Callable[[Run], T], nothing: T) -> T:
        """Where no list can be is none, and `add` says why not."""
        try:
            if self._file is not None and not self._file.exists():
                return nothing
            with self._database.reading() as run:
                return ask(run)
        except NoTable:
            return nothing
        except ConfigError:
            if self._delivery.outbox.shared is None:
                raise
            return nothing

    def _has_any(self, run: Run) -> bool:
        return bool(run(sql.SELECT_ANY_SUPPRESSION, {"app": self._delivery.app}).rows)

    def _found(self, addresses: Sequence[str], list: str, run: Run) -> dict[str, Suppression]:  # noqa: A002
        found: dict[str, Suppression] = {}
        for start in range(0, len(addresses), WIDTH):
            some = addresses[start : start + WIDTH]
            values = numbered([{"address": address} for address in some])
            values |= {"app": self._delivery.app, "list": list}
            rows = run(sql.select_suppressions(len(some)), values).rows
            found |= {each.address: each for each in map(_suppression, rows)}
        return found

    def _page(self, last: Suppression, run: Run) -> list[Suppression]:
        values = {**self._values(last.address, last.list), "most": PAGE}
        return [*map(_suppression, run(sql.SELECT_SUPPRESSION_PAGE, values).rows)]

    def _values(self, address: str, list: str | None) -> dict[str, Any]:  # noqa: A002
        return {"app": self._delivery.app, "address": address, "list": list or ""}


class _Memory:
    """Whether anybody is suppressed, as far as that was seen a moment ago."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known, self._until = True, -inf
        self.changes = 0
        """By this process; what was seen before one of them may be wrong."""

    def recalls(self, margin: float = 0.0) -> bool | None:
        """None when it was too long ago."""
        with self._lock:
            return self._known if self._monotonic() < self._until - margin else None

    def note(self, changes: int, anybody: bool) -> None:
        """It was seen when there had been so many changes."""
        with self._lock:
            if changes == self.changes:
                self._known, self._until = anybody, self._monotonic() + REMEMBERED

    def forget(self) -> None:
        """It has changed."""
        with self._lock:
            self.changes += 1
            self._until = -inf


_ABANDONED = "the suppression list is as it was: it was changed"


def _is_table(run: Run) -> bool:
    run(sql.SELECT_ANY_SUPPRESSION, {"app": ""})
    return True


def _suppression(row: tuple[Any, ...]) -> Suppression:
    address, list, since, reason = row  # noqa: A001
    return Suppression(address, reason, list or None, since)
