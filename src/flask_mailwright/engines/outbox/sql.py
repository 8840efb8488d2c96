"""An outbox on a database server: PostgreSQL, MariaDB or MySQL through SQLAlchemy 2."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, Protocol

from ...errors import ConfigError, Kind, MailError
from ...process import in_forked_child
from ...world import World
from .database import Done, Found, Run
from .dialect import MARIADB, POSTGRESQL, Dialect
from .pipelined import Pipelined

CONNECT = 10.0
"""Seconds for which a server may take no call, if `busy` is not less."""

_WORLD = World()
_DIALECTS = {"postgresql": POSTGRESQL, "mariadb": MARIADB, "mysql": MARIADB}
_ABANDONED: list[object] = []
"""Engines of a parent process: to close their connections here would end the parent's."""


class Runs(Protocol):
    """Transactions of one of SQLAlchemy's engines."""

    engine: Any

    def transaction(self) -> AbstractContextManager[Run]:
        """To write."""

    def reading(self) -> AbstractContextManager[Run]:
        """To read."""


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
        self._source = source
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
        return _DIALECTS[self._runs().engine.dialect.name]

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Run]:
        """To write; each is durable."""
        with self._told() as runs, runs.transaction() as run:
            yield run

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """To read what is committed."""
        with self._told() as runs, runs.reading() as run:
            yield run

    def news(self) -> object:
        """Never any: a server does not tell, so its mails are looked for now and then."""
        return None

    def carry_over(self) -> None:
        """Nothing: a server sees to that itself."""

    def close(self) -> None:
        """Close what nobody uses; the rest is closed by who uses it."""
        with self._opening:
            runs, self._open = self._open, None
        if runs is not None:
            runs.engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[Runs]:
        with told():
            runs = self._runs()
        with told(runs.engine.dialect.dbapi.Error):
            yield runs

    def _runs(self) -> Runs:
        with self._opening:
            if self._open is None:
                self._open = _runs_on(_engine_of(self._source, self._busy), self._monotonic)
            return self._open


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


class Running:
    """One of SQLAlchemy's connections, which runs statements."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __call__(self, statement: str, values: Mapping[str, Any] = {}, /) -> Found:
        """As `Run` says."""
        result = self._connection.execute(_text(statement), values)
        rows = [tuple(row) for row in result] if result.returns_rows else []
        return Done(rows, result.rowcount)


def _runs_on(engine: Any, monotonic: Callable[[], float]) -> Runs:
    if not _has_pipeline(engine.dialect):
        return Statements(engine)

    @cache
    def text(statement: str) -> str:
        return str(_text(statement).compile(dialect=engine.dialect))

    return Pipelined(engine, text, monotonic)


def _has_pipeline(dialect: Any) -> bool:
    """Psycopg 3 has, over a libpq that is not old."""
    return dialect.driver == "psycopg" and bool(dialect.import_dbapi().Pipeline.is_supported())


@cache
def sqlalchemy() -> Any:
    """The package, or a ConfigError that says how to install it."""
    try:
        import sqlalchemy
        from sqlalchemy import orm as _orm  # noqa: F401 - loaded with it
        from sqlalchemy.dialects import mysql as _mysql  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigError([f"MAIL_OUTBOX_URL: {_NO_SQLALCHEMY}"]) from error
    return sqlalchemy


@cache
def _text(statement: str) -> Any:
    return sqlalchemy().text(statement)


def _engine_of(source: str | Callable[[], Any], busy: float) -> Any:
    return _engine_at(source, busy) if isinstance(source, str) else _engine_beside(source, busy)


def _engine_at(url: str, busy: float) -> Any:
    alchemy = sqlalchemy()
    try:
        parsed = alchemy.make_url(url)
        if parsed.get_backend_name() not in _DIALECTS:
            raise ConfigError([f"MAIL_OUTBOX_URL: {_SUPPORTED}"])
        engine = alchemy.create_engine(
            parsed,
            connect_args=_deadlines(parsed.get_dialect().driver, busy),
            pool_pre_ping=not _has_pipeline(parsed.get_dialect()),
            pool_timeout=busy,
            **_AS_WE_NEED,
        )
    except ModuleNotFoundError as error:
        raise ConfigError([f"MAIL_OUTBOX_URL: the driver {error.name} {_NO_DRIVER}"]) from error
    except (alchemy.exc.ArgumentError, ValueError):
        raise ConfigError([f"MAIL_OUTBOX_URL: {_SUPPORTED}"]) from None  # it may quote a password
    alchemy.event.listen(engine, "connect", _manners(parsed.get_backend_name(), busy))
    return engine


def _engine_beside(source: Callable[[], Any], busy: float) -> Any:
    """Connections made as the app makes its own, and none taken from its pool."""
    alchemy, given = sqlalchemy(), source()
    backend = given.url.get_backend_name()
    if backend not in _DIALECTS:
        raise ConfigError([f"Mail(db=...): the outbox cannot live in {backend}; {_ELSEWHERE}"])
    engine = alchemy.create_engine(given.url, pool=given.pool.recreate(), **_AS_WE_NEED)
    alchemy.event.listen(engine, "connect", _manners(backend, busy))
    alchemy.event.listen(engine, "engine_connect", _ping)
    return engine


def _ping(connection: Any) -> None:
    """A connection that died in the pool is replaced, before anything depends on it."""
    alchemy = sqlalchemy()
    try:
        connection.scalar(alchemy.select(1))
    except alchemy.exc.DBAPIError as error:
        if not error.connection_invalidated:
            raise
        connection.scalar(alchemy.select(1))
    connection.rollback()


def _deadlines(driver: str, busy: float) -> dict[str, Any]:
    """What drivers are told, so that a server that is gone without a word is not waited for."""
    connect, answer = max(2, int(min(CONNECT, busy))), int(busy) + 5
    if driver in ("psycopg", "psycopg2"):
        return {"connect_timeout": connect, "tcp_user_timeout": answer * 1000}
    if driver in ("pymysql", "mysqldb"):
        return {"connect_timeout": connect, "read_timeout": answer, "write_timeout": answer}
    return {}


def _manners(backend: str, busy: float) -> Any:
    """What each new connection is told first."""
    statements = [f"SET SESSION innodb_lock_wait_timeout = {max(1, int(busy))}"]
    if backend == "postgresql":
        statements = [
            f"SET lock_timeout = {max(1, int(busy * 1000))}",
            "SET default_transaction_isolation TO 'read committed'",
        ]

    def tell(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    return tell


@contextmanager
def told(*drivers: type[Exception]) -> Iterator[None]:
    """Everything that SQLAlchemy and the drivers raise, in our words."""
    try:
        yield
    except (sqlalchemy().exc.SQLAlchemyError, *drivers) as error:
        kind = _kind(error)
        advice = _ADVICE if kind == "configuration" else ""
        sentence = f"the outbox's database did not take it: {_reason(error)}{advice}"
        raise MailError(sentence, kind=kind, stage="store") from error


def _kind(error: Exception) -> Kind:
    """What is no matter of time is one of how it is set up, or of what it was to take."""
    code = (*getattr(getattr(error, "orig", None), "args", ()), None)[0]
    if code in _MARIADB_REFUSES or any(sign in _reason(error) for sign in _REFUSED):
        return "configuration"
    kinds = [_KINDS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _KINDS]
    return kinds[0] if kinds else "temporary"


def _reason(error: Exception) -> str:
    """One line: those behind it may quote a row."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).splitlines() or [type(cause).__name__])[0]


_AS_WE_NEED = {
    "hide_parameters": True,
    "isolation_level": "READ COMMITTED",  # MariaDB's default locks gaps between rows
}
_KINDS: dict[str, Kind] = {
    "ProgrammingError": "configuration",
    "DataError": "permanent",
    "IntegrityError": "permanent",
}
_MARIADB_REFUSES = {1044, 1045, 1049, 1054, 1142, 1143, 1146, 1227, 1698}
_REFUSED = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied")
_ADVICE = (
    "; look whether MAIL_OUTBOX_URL (or the URL of Mail(db=...)) names the right database, user and"
    " password, and make its tables with: flask mail outbox init"
)
_SUPPORTED = (
    "must be sqlite:///name.sqlite, or postgresql+psycopg://user:password@host/database, or"
    " mariadb+pymysql://user:password@host/database (mysql+pymysql:// too)"
)
_ELSEWHERE = "leave db= away and set MAIL_OUTBOX_URL, or set MAIL_ENGINE=threads"
_NO_SQLALCHEMY = "a database server needs SQLAlchemy: pip install 'flask-mailwright[sqlalchemy]'"
_NO_DRIVER = (
    "is not installed; install it, or name another one in the URL, as in postgresql+psycopg:// or"
    " mariadb+pymysql://"
)
