"""A mail joins the transaction of the app's session when that has work to commit.

Work is what the session has not flushed yet, a flush, or any statement that could change data since
the root transaction began. A session that has only read may never be committed by its view, and one
that was committed has nothing left to say: then a mail must not depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any, Literal
from weakref import WeakSet

from .alchemy import sqlalchemy

End = Literal["committed", "rolled back", "abandoned"]
Told = Callable[[End], None]

_KEY = "flask_mailwright"
_BLANK = r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*"
_CHANGES_NOTHING = re.compile(
    _BLANK + r"(?:SELECT|VALUES|TABLE|WITH(?!.*\b(?:INSERT|UPDATE|DELETE|MERGE)\b)"
    r"|SHOW|EXPLAIN|DESC|DESCRIBE|PRAGMA|SET|USE|DECLARE|FETCH|CLOSE"
    r"|BEGIN|START|SAVEPOINT|RELEASE|ROLLBACK)\b",
    re.IGNORECASE | re.DOTALL,
)
_watched: WeakSet[Any] = WeakSet()


class Root:
    """One root transaction of a session, from its first step until it ends."""

    def __init__(self) -> None:
        self.end: End | None = None
        self._session_said: End = "abandoned"
        self._flushed = False
        self._connections: list[Any] = []
        self._told: list[tuple[Told, list[Any]]] = []
        self._undone: list[Any] = []

    @property
    def has_work(self) -> bool:
        """Whether a commit would change anything, as far as can be seen."""
        return self._flushed or any(map(_has_written, self._connections))

    def tell(self, told: Told, savepoint: Any = None) -> None:
        """Call it once the transaction has ended; `savepoint` is the innermost one that is open."""
        self._told.append((told, list(_within(savepoint))))

    def began_on(self, connection: Any) -> None:
        """The transaction takes in one more connection."""
        self._connections.append(connection)

    def flushed(self) -> None:
        """The session has written what it had to."""
        self._flushed = True

    def said(self, end: End) -> None:
        """It was told to commit or to roll back, and did."""
        self._session_said = end

    def undid(self, savepoint: Any) -> None:
        """It was rolled back, and what it holds with it."""
        self._undone.append(savepoint)

    def ended(self) -> None:
        """It is over: whoever joined is told how."""
        self.end = self._session_said
        self._connections.clear()
        with ExitStack() as everybody:  # also if one of them raises, in a test for instance
            for told, savepoints in reversed(self._told):
                is_undone = any(each is undone for each in savepoints for undone in self._undone)
                everybody.callback(told, "rolled back" if is_undone else self.end)


def root_at_work(session: Any) -> Root | None:
    """The session's transaction, if it can be joined and has work to commit."""
    if not session.is_active:  # a flush has failed: nothing of it can be committed any more
        return None
    root = _root(session)
    changed = session.new or session.dirty or session.deleted
    return root if changed or root.has_work else None


@cache
def watch() -> None:
    """See from here on what the sessions of this process do; they keep it to themselves."""
    listen, session = sqlalchemy().event.listen, sqlalchemy().orm.Session
    listen(session, "after_begin", _on_begin)
    listen(session, "after_flush", lambda session, _flush: _root(session).flushed())
    listen(session, "after_commit", lambda session: _on_said(session, "committed"))
    listen(session, "after_rollback", lambda session: _on_said(session, "rolled back"))
    listen(session, "after_soft_rollback", _on_undone)
    listen(session, "after_transaction_end", _on_end)


def _root(session: Any) -> Root:
    root: Root = session.info.setdefault(_KEY, Root())
    return root


def _on_begin(session: Any, _transaction: object, connection: Any) -> None:
    engine = connection.engine
    if engine not in _watched:
        _watched.add(engine)
        listen = sqlalchemy().event.listen
        listen(engine, "begin", lambda connection: connection.info.pop(_KEY, None))
        listen(engine, "before_cursor_execute", _on_statement)
    _root(session).began_on(connection)


def _on_statement(connection: Any, _cursor: object, statement: str, *_others: object) -> None:
    if not _CHANGES_NOTHING.match(statement):
        connection.info[_KEY] = True


def _on_said(session: Any, end: End) -> None:
    """Savepoints say it too."""
    if not session.in_nested_transaction():
        _root(session).said(end)


def _on_undone(session: Any, transaction: Any) -> None:
    if transaction.nested:
        _root(session).undid(transaction)


def _within(savepoint: Any) -> Iterator[Any]:
    """The savepoint, and those around it."""
    while savepoint is not None and savepoint.nested:
        yield savepoint
        savepoint = savepoint.parent


def _on_end(session: Any, transaction: Any) -> None:
    if transaction.parent is None and (root := session.info.pop(_KEY, None)) is not None:
        root.ended()


def _has_written(connection: Any) -> bool:
    gone = connection.closed or connection.invalidated
    return not gone and _KEY in connection.info
