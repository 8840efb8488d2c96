"""PostgreSQL over psycopg 3: statements travel together until it matters what one of them found.

So a transaction takes one journey to the server for each question in it and one for its commit,
however many statements it has (libpq's pipeline mode). What is only read takes none: each statement
sees what is committed when it begins, as it does in one at READ COMMITTED.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, cached_property, partial
from typing import Any

from ...errors import MailError
from .connections import Connections
from .database import Done, Found, Run

_NONE: Mapping[str, Any] = {}
_NAME = re.compile(r":(\w+)")

Send = Callable[[str, Mapping[str, Any]], Any]


class Pipelined:
    """`engine`: SQLAlchemy's, whose pool and driver are used.

    It raises what the driver raises.
    """

    def __init__(self, engine: Any, monotonic: Callable[[], float], *, keeps: bool) -> None:
        """`keeps`: see `Connections`."""
        self.engine = engine
        self._connections = Connections(engine, monotonic, keeps=keeps)

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """Committed behind the block."""
        with self._connections.one() as connection:
            with ExitStack() as travelling:
                begin = partial(travelling.enter_context, _pipeline(connection))
                running = _Together(self._sender(connection), begin)
                yield running
                ended = running.commit()
            if ended is not None and ended.statusmessage != "COMMIT":
                raise MailError(_UNDONE, kind="temporary", stage="store")

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """What each statement sees is committed."""
        with self._connections.one() as connection:
            yield _alone(self._sender(connection))

    def close(self) -> None:
        """Close what nobody uses."""
        self._connections.close()

    def _sender(self, connection: Any) -> Send:
        """What runs a statement, and gives the cursor that will know what came of it."""
        cursor = self.engine.dialect.dbapi.RawCursor  # any other looks for the names each time

        def send(statement: str, values: Mapping[str, Any]) -> Any:
            text, names = _numbered(statement)
            given = [values[name] for name in names]
            return cursor(connection).execute(text, given, binary=True)

        return send


@cache
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """With PostgreSQL's own placeholders, and the names of what they stand for, in turn."""
    names = tuple(dict.fromkeys(_NAME.findall(statement)))
    places = {name: f"${place}" for place, name in enumerate(names, 1)}
    return _NAME.sub(lambda found: places[found[1]], statement).encode(), names


@contextmanager
def _pipeline(connection: Any) -> Iterator[Callable[[], None]]:
    """What kept its end from coming is raised, and not that it cannot end so."""
    is_ending = False
    try:
        with connection.pipeline() as pipeline:
            yield pipeline.sync
            is_ending = True
    except Exception as error:
        if is_ending and connection.pgconn.pipeline_status and error.__context__:
            raise error.__context__ from None
        raise


def _alone(send: Send) -> Run:
    """Each is a transaction, and waited for."""

    def run(statement: str, values: Mapping[str, Any] = _NONE, /) -> Found:
        cursor = send(statement, values)
        return Done(cursor.fetchall() if cursor.description else [], cursor.rowcount)

    return run


class _Together:
    """Sends what it is to run when somebody asks what came of it, or to commit.

    `begin`: from then on nothing that is sent is waited for; it gives what ends that for a moment.
    """

    def __init__(self, send: Send, begin: Callable[[], Callable[[], None]]) -> None:
        self._send = send
        self._begin = begin
        self._kept: list[_Coming] = []
        self.sync: Callable[[], None] | None = None

    def __call__(self, statement: str, values: Mapping[str, Any] = _NONE, /) -> Found:
        """As `Run` says."""
        coming = _Coming(self, statement, values)
        self._kept.append(coming)
        return coming

    def commit(self) -> Any:
        """Nobody asks any more; the cursor that will know how it ended.

        One statement that nobody asked about is a transaction as it is.
        """
        if len(self._kept) == 1 and self.sync is None:
            self._send_kept()
        elif self._kept:
            self.ask()
        return self._send("COMMIT", _NONE) if self.sync else None

    def ask(self) -> None:
        """The transaction goes on behind the answer."""
        if self.sync is None:
            self.sync = self._begin()
            self._send("BEGIN", _NONE)  # without it, what was sent before trouble would be kept
        self._send_kept()

    def _send_kept(self) -> None:
        for coming in self._kept:
            coming.cursor = self._send(coming.statement, coming.values)
        self._kept.clear()


class _Coming:
    """What a statement gives once the server has answered."""

    cursor: Any = None

    def __init__(self, together: _Together, statement: str, values: Mapping[str, Any]) -> None:
        self._together = together
        self.statement = statement
        self.values = values

    @cached_property
    def rows(self) -> list[tuple[Any, ...]]:
        """Waited for."""
        found: list[tuple[Any, ...]] = self._asked().fetchall()
        return found

    @property
    def changed(self) -> int:
        """Waited for."""
        cursor = self._asked()
        if cursor.pgresult is None and self._together.sync:
            self._together.sync()
        return int(cursor.rowcount)

    def _asked(self) -> Any:
        if self.cursor is None:
            self._together.ask()
        return self.cursor


_UNDONE = "the outbox's database undid what it was to take; try again"
