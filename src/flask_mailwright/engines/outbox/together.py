"""Steps that several lanes store at the same moment are committed together.

Each is what it would be alone: the end of one mail and the start of the next. So a process that is
killed still has one mail in doubt for each connection, but the database has less to write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .database import Database, Run
from .groupcommit import PATIENCE, GroupCommit

T = TypeVar("T")


class _Step:
    def __init__(self, work: Callable[[Run], Any]) -> None:
        self.work = work
        self.found: Any = None


class Together:
    """`run` takes what a transaction is to do, and returns what that found, once it is committed.

    It may be done more than once, of which all but the last were rolled back.
    """

    def __init__(self, database: Database, busy: float) -> None:
        self._database = database
        self._group = GroupCommit(self._commit, patience=PATIENCE * busy)

    def run(self, work: Callable[[Run], T]) -> T:
        """MailError when the database does not take it."""
        step = _Step(work)
        self._group.add([step])
        found: T = step.found
        return found

    def _commit(self, steps: list[_Step]) -> None:
        with self._database.transaction() as run:
            for step in steps:
                step.found = step.work(run)
