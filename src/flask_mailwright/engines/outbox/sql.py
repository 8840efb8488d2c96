"""An outbox on a database server: PostgreSQL, MariaDB or MySQL through SQLAlchemy 2."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, Protocol

from ...process import in_forked_child
from ...secret import Secret, Veiled
from ...world import World
from .alchemy import sqlalchemy, told
from .database import Done, Found, Run
from .dialect import Dialect
from .pipelined import Pipelined
from .server import DIALECTS, engine_of, has_pipeline

_WORLD = World()
_ABANDONED: list[object] = []
"""Engines of a parent process: to close their connections here would end the parent's."""


class Runs(Protocol):
    """Transactions of one of SQLAlchemy's engines."""

    engine: Any

    def transaction(self) -> AbstractContextManager[Run]:
        """To write."""

    def reading(self) -> AbstractContextManager[Run]:
        """To read."""

    def close(self) -> None:
        """Close the connections that nobody uses."""


class SqlDatabase:
    """Opened when it is first used, in each process anew; a restart of the server is survived.

    What is committed is durable as far as the server is set up to be, `durable` or not. Whoever
    has a row elsewhere is waited for `busy` seconds.
    """

    def __init__(
        self,
        source: str | Callable[[], Any],
        busy: float = 30.0,
        monotonic: Callable[[], float] = _WORLD.monotonic,
    ) -> None:
        """`source`: a URL, or what gives the engine whose database it is too."""
        self._source = Secret(source) if isinstance(source, str) else source
        self._busy = busy
        self._monotonic = monotonic
        self._open: Runs | None = None
        self._begin()
        in_forked_child(self._begin)

    def _begin(self) -> None:
        _ABANDONED.append(self._open)
        self._open = None
        self._opening = threading.Lock()

    @property
    def dialect(self) -> Dialect:
        """The server's, by its URL."""
        return DIALECTS[self._runs().engine.dialect.name]

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Run]:
        """To write; each is durable."""
        runs = self._runs()
        with _told(runs), runs.transaction() as run:
            yield run

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """To read what is committed."""
        runs = self._runs()
        with _told(runs), runs.reading() as run:
            yield run

    def news(self) -> object:
        """Never any: a server does not tell, so its mails are looked for now and then."""
        return None

    def carry_over(self) -> None:
        """Nothing: a server sees to that itself."""

    def wipe(self) -> None:
        """The same."""

    def close(self) -> None:
        """Close what nobody uses; the rest is closed by who uses it."""
        with self._opening:
            runs, self._open = self._open, None
        if runs is not None:
            runs.close()

    def _runs(self) -> Runs:
        return self._open or self._opened()

    def _opened(self) -> Runs:
        with told(), self._opening:
            if self._open is None:
                self._open = self._runs_on(engine_of(self._source, self._busy))
            return self._open

    def _runs_on(self, engine: Any) -> Runs:
        if not has_pipeline(engine.dialect):
            return Statements(engine)
        return Pipelined(engine, self._monotonic, keeps=isinstance(self._source, Secret))


def _told(runs: Runs) -> AbstractContextManager[None]:
    return told(runs.engine.dialect.dbapi.Error)


class Statements:
    """Those of an engine, by whatever driver it has; each is a journey to the server."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """To write."""
        with self.engine.begin() as connection:
            yield Running(connection)

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """To read, in a transaction that ends with the block."""
        with self.engine.connect() as connection:
            yield Running(connection)

    def close(self) -> None:
        """As the engine's pool."""
        self.engine.dispose()


class Running:
    """One of SQLAlchemy's connections, which runs statements."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __call__(self, statement: str, values: Mapping[str, Any] = {}, /) -> Found:
        """As `Run` says."""
        result = self._connection.execute(_text(statement), _veiled(values))
        rows = [tuple(row) for row in result] if result.returns_rows else []
        return Done(rows, result.rowcount)


def _veiled(values: Mapping[str, Any]) -> dict[str, Any]:
    """An app that lets SQLAlchemy log its statements need not log its mails."""
    return {
        name: Veiled(value) if isinstance(value, bytes) else value for name, value in values.items()
    }


@cache
def _text(statement: str) -> Any:
    return sqlalchemy().text(statement)
