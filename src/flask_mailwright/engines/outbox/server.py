"""SQLAlchemy's engine for an outbox on a server: by its URL, or beside the app's own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ...errors import ConfigError
from ...secret import Secret
from .alchemy import sqlalchemy
from .dialect import MARIADB, POSTGRESQL
from .manners import manners

CONNECT = 10.0
"""Seconds for which a server may take no call, if `busy` is not less."""
DIALECTS = {"postgresql": POSTGRESQL, "mariadb": MARIADB, "mysql": MARIADB}


def engine_of(source: Secret | Callable[[], Any], busy: float) -> Any:
    """Of a URL, or of what gives the app's; ConfigError when it can be none."""
    return _engine_at(source, busy) if isinstance(source, Secret) else _engine_beside(source, busy)


def _engine_at(url: Secret, busy: float) -> Any:
    made = _made(url, busy)
    if isinstance(made, ConfigError):
        raise made
    sqlalchemy().event.listen(made, "connect", manners(made.url.get_backend_name(), busy))
    return made


def _made(url: Secret, busy: float) -> Any:
    """An error is given and not raised, for what it came from may quote a password."""
    alchemy = sqlalchemy()
    try:
        parsed = alchemy.make_url(url.reveal())
        if parsed.get_backend_name() not in DIALECTS:
            return ConfigError([f"MAIL_OUTBOX_URL: {_SUPPORTED}"])
        return _quiet(
            alchemy.create_engine(
                parsed,
                connect_args=_deadlines(parsed.get_dialect().driver, busy),
                pool_pre_ping=not has_pipeline(parsed.get_dialect()),
                pool_timeout=busy,
                **_as_we_need(),
            )
        )
    except ModuleNotFoundError as error:
        return ConfigError([f"MAIL_OUTBOX_URL: the driver {error.name} {_NO_DRIVER}"])
    except (alchemy.exc.ArgumentError, ValueError):
        return ConfigError([f"MAIL_OUTBOX_URL: {_SUPPORTED}"])


def _engine_beside(source: Callable[[], Any], busy: float) -> Any:
    """Connections made as the app makes its own, and none taken from its pool."""
    alchemy, given = sqlalchemy(), source()
    backend = given.url.get_backend_name()
    if backend not in DIALECTS:
        raise ConfigError([f"Mail(db=...): the outbox cannot live in {backend}; {_ELSEWHERE}"])
    pool = given.pool.recreate()
    alchemy.event.listen(pool, "connect", _settle)
    engine = _quiet(alchemy.create_engine(given.url, pool=pool, **_as_we_need()))
    alchemy.event.listen(engine, "connect", manners(backend, busy))
    alchemy.event.listen(engine, "engine_connect", _ping)
    return engine


def _settle(connection: Any, _record: object) -> None:
    """What the app told it may have begun a transaction, in which nothing can be set."""
    connection.commit()


def _quiet(engine: Any) -> Any:
    """Its repr shows its URL, which may have a password among its options; it connects without."""
    engine.url = engine.url.set(query={})
    return engine


def _as_we_need() -> dict[str, Any]:
    """No log shows what a row holds: neither parameters nor, at DEBUG, what is read."""
    logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGGED_AS}").addFilter(_without_rows)
    return {
        "hide_parameters": True,
        "logging_name": _LOGGED_AS,
        "isolation_level": "READ COMMITTED",  # MariaDB's default locks gaps between rows
    }


def _without_rows(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


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


def has_pipeline(dialect: Any) -> bool:
    """Psycopg 3.2 has, over a libpq that is not old."""
    if dialect.driver != "psycopg":
        return False
    driver = dialect.import_dbapi()
    return hasattr(driver, "RawCursor") and bool(driver.Pipeline.is_supported())


_LOGGED_AS = "mailwright"
_SUPPORTED = (
    "must be sqlite:///name.sqlite, or postgresql+psycopg://user:password@host/database, or"
    " mariadb+pymysql://user:password@host/database (mysql+pymysql:// too)"
)
_ELSEWHERE = "leave db= away and set MAIL_OUTBOX_URL, or set MAIL_ENGINE=threads"
_NO_DRIVER = (
    "is not installed; install it, or name another one in the URL, as in postgresql+psycopg:// or"
    " mariadb+pymysql://"
)
