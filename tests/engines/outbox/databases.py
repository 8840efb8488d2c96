"""The databases that one suite runs over; each run has its own and drops it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pymysql

from flask_mailwright.engines.outbox.database import Database
from flask_mailwright.engines.outbox.sql import SqlDatabase
from flask_mailwright.engines.outbox.sqlite import SqliteDatabase
from tests.services import require_service

BUSY = 20.0
NAMES = ["sqlite", "postgresql", "mariadb"]
Opener = Callable[[], Database]


@contextmanager
def database(name: str, folder: Path) -> Iterator[Opener]:
    """What opens it, as each process would."""
    with outbox_url(name, folder) as url:
        yield lambda: opened(url)


@contextmanager
def outbox_url(name: str, folder: Path) -> Iterator[str]:
    """A fresh one, as MAIL_OUTBOX_URL names it."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'outbox.sqlite'}"
        return
    fresh = f"mailwright_{uuid.uuid4().hex}"
    run, url = _SERVERS[name]
    require_service(name, _missing(run))
    run(f"CREATE DATABASE {fresh}")
    try:
        yield url + fresh
    finally:
        run(f"DROP DATABASE {fresh}" + (" WITH (FORCE)" if name == "postgresql" else ""))


def opened(url: str, busy: float = BUSY) -> Database:
    """One that such a URL names."""
    if url.startswith("sqlite:///"):
        return SqliteDatabase(Path(url.removeprefix("sqlite:///")), busy)
    return SqlDatabase(url, busy)


def _postgresql(statement: str) -> None:
    with psycopg.connect(
        "host=127.0.0.1 user=postgres dbname=postgres connect_timeout=3", autocommit=True
    ) as connection:
        connection.execute(statement.encode())


def _mariadb(statement: str) -> None:
    connection = pymysql.connect(host="127.0.0.1", user="root", database="test", connect_timeout=3)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)


def _missing(run: Callable[[str], None]) -> str | None:
    try:
        run("SELECT 1")
    except (psycopg.Error, pymysql.Error) as error:
        return str(error)
    return None


_SERVERS = {
    "postgresql": (_postgresql, "postgresql+psycopg://postgres@127.0.0.1/"),
    "mariadb": (_mariadb, "mariadb+pymysql://root@127.0.0.1/"),
}
