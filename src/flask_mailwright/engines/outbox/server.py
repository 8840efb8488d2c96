"""SQLAlchemy's engine for an outbox on a server: by its URL, or beside the app's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import ConfigError
from .alchemy import sqlalchemy
from .dialect import MARIADB, POSTGRESQL

CONNECT = 10.0
"""Seconds for which a server may take no call, if `busy` is not less."""
DIALECTS = {"postgresql": POSTGRESQL, "mariadb": MARIADB, "mysql": MARIADB}


def engine_of(source: str | Callable[[], Any], busy: float) -> Any:
    """Of a URL, or of what gives the app's; ConfigError when it can be none."""
    return _engine_at(source, busy) if isinstance(source, str) else _engine_beside(source, busy)


def _engine_at(url: str, busy: float) -> Any:
    alchemy = sqlalchemy()
    try:
        parsed = alchemy.make_url(url)
        if parsed.get_backend_name() not in DIALECTS:
            raise ConfigError([f"MAIL_OUTBOX_URL: {_SUPPORTED}"])
        engine = alchemy.create_engine(
            parsed,
            connect_args=_deadlines(parsed.get_dialect().driver, busy),
            pool_pre_ping=not has_pipeline(parsed.get_dialect()),
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
    if backend not in DIALECTS:
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


def has_pipeline(dialect: Any) -> bool:
    """Psycopg 3 has, over a libpq that is not old."""
    return dialect.driver == "psycopg" and bool(dialect.import_dbapi().Pipeline.is_supported())


_AS_WE_NEED = {
    "hide_parameters": True,
    "isolation_level": "READ COMMITTED",  # MariaDB's default locks gaps between rows
}
_SUPPORTED = (
    "must be sqlite:///name.sqlite, or postgresql+psycopg://user:password@host/database, or"
    " mariadb+pymysql://user:password@host/database (mysql+pymysql:// too)"
)
_ELSEWHERE = "leave db= away and set MAIL_OUTBOX_URL, or set MAIL_ENGINE=threads"
_NO_DRIVER = (
    "is not installed; install it, or name another one in the URL, as in postgresql+psycopg:// or"
    " mariadb+pymysql://"
)
