"""An outbox on a database server: PostgreSQL, MariaDB or MySQL through SQLAlchemy 2."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from ...errors import ConfigError, Kind, MailError
from ...process import in_forked_child
from .database import Found, NoTable, Run
from .dialect import MARIADB, POSTGRESQL, Dialect

CONNECT = 10.0
"""Seconds for which a server may take no call, if `busy` is not less."""

_DIALECTS = {"postgresql": POSTGRESQL, "mariadb": MARIADB, "mysql": MARIADB}
_ABANDONED: list[object] = []
"""Engines of a parent process: to close their connections here would end the parent's."""


class SqlDatabase:
    """Opened when it is first used, in each process anew; a restart of the server is survived.

    What is committed is durable as far as the server is set up to be, `durable` or not. Whoever
    has a row elsewhere is waited for `busy` seconds.
    """

    def __init__(self, source: str | Callable[[], Any], busy: float = 30.0) -> None:
        """`source`: a URL, or what gives the engine whose database it is too."""
        self._source = source
        self._busy = busy
        self._open: Any = None
        self._begin()
        in_forked_child(self._begin)

    def _begin(self) -> None:
        _ABANDONED.append(self._open)
        self._open = None
        self._opening = threading.Lock()

    @property
    def dialect(self) -> Dialect:
        """The server's, by its URL."""
        return _DIALECTS[self._engine().dialect.name]

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Run]:
        """To write; each is durable."""
        with told(), self._engine().begin() as connection:
            yield Running(connection)

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """To read, in a transaction that ends with the block."""
        with told(), self._engine().connect() as connection:
            yield Running(connection)

    def news(self) -> object:
        """Never any: a server does not tell, so its mails are looked for now and then."""
        return None

    def carry_over(self) -> None:
        """Nothing: a server sees to that itself."""

    def close(self) -> None:
        """Close what nobody uses; the rest is closed by who uses it."""
        with self._opening:
            engine, self._open = self._open, None
        if engine is not None:
            engine.dispose()

    def _engine(self) -> Any:
        with self._opening:
            if self._open is None:
                self._open = _engine_of(self._source, self._busy)
            return self._open


class Running:
    """One of SQLAlchemy's connections, which runs statements."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __call__(self, statement: str, values: Mapping[str, Any] = {}, /) -> Found:
        """As `Run` says."""
        result = self._connection.execute(_text(statement), values)
        rows = [tuple(row) for row in result] if result.returns_rows else []
        return Found(rows, result.rowcount)


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
            pool_pre_ping=True,
            pool_timeout=busy,
            **_AS_WE_NEED,
        )
    except ModuleNotFoundError as error:
        raise ConfigError([f"MAIL_OUTBOX_URL: the driver {error.name} {_NO_DRIVER}"]) from error
    except (alchemy.exc.ArgumentError, ValueError):
        raise ConfigError([f"MAIL_OUTBOX_URL: {_SUPPORTED}"]) from None  # it may quote a password
    alchemy.event.listen(engine, "connect", _lock_waits(parsed.get_backend_name(), busy))
    return engine


def _engine_beside(source: Callable[[], Any], busy: float) -> Any:
    """Connections made as the app makes its own, and none taken from its pool."""
    alchemy, given = sqlalchemy(), source()
    backend = given.url.get_backend_name()
    if backend not in _DIALECTS:
        raise ConfigError([f"Mail(db=...): the outbox cannot live in {backend}; {_ELSEWHERE}"])
    engine = alchemy.create_engine(given.url, pool=given.pool.recreate(), **_AS_WE_NEED)
    alchemy.event.listen(engine, "connect", _lock_waits(backend, busy))
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


def _lock_waits(backend: str, busy: float) -> Any:
    """What each new connection is told first."""
    statement = f"SET SESSION innodb_lock_wait_timeout = {max(1, int(busy))}"
    if backend == "postgresql":
        statement = f"SET lock_timeout = {max(1, int(busy * 1000))}"

    def tell(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()

    return tell


@contextmanager
def told() -> Iterator[None]:
    """Everything that SQLAlchemy and the drivers raise, in our words."""
    try:
        yield
    except sqlalchemy().exc.SQLAlchemyError as error:
        kind = _kind(error)
        advice = _ADVICE if kind == "configuration" else ""
        sentence = f"the outbox's database did not take it: {_reason(error)}{advice}"
        trouble = NoTable if _is_no_table(error) else MailError
        raise trouble(sentence, kind=kind, stage="store") from error


def _is_no_table(error: Exception) -> bool:
    cause = getattr(error, "orig", None)
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return state == _PG_NO_TABLE or (*getattr(cause, "args", ()), None)[0] == _MARIADB_NO_TABLE


def _kind(error: Exception) -> Kind:
    """What is no matter of time is one of how it is set up, or of what it was to take."""
    code = (*getattr(getattr(error, "orig", None), "args", ()), None)[0]
    if code in _MARIADB_REFUSES or any(sign in _reason(error) for sign in _REFUSED):
        return "configuration"
    return _KINDS.get(type(error).__name__, "temporary")


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
_PG_NO_TABLE, _MARIADB_NO_TABLE = "42P01", 1146
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
