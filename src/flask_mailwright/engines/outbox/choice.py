"""The database that `MAIL_OUTBOX_URL` names, or that the app shares with us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import ConfigError
from .. import AppDatabase, Delivery
from .database import Database
from .sql import SqlDatabase
from .sqlite import SqliteDatabase

FILE = "mailwright-outbox.sqlite"


def database_of(delivery: Delivery) -> Database:
    """A file in the instance folder if nothing else is said."""
    settings, busy = delivery.outbox, delivery.timing.busy
    if settings.shared is not None:
        return _shared(settings.shared, busy)
    if settings.url and not settings.url.startswith("sqlite:///"):
        return SqlDatabase(settings.url, busy)
    name = settings.url.removeprefix("sqlite:///") or FILE
    return SqliteDatabase(Path(settings.folder) / name, busy)


def _shared(shared: AppDatabase, busy: float) -> Database:
    url = shared.engine().url
    if url.get_backend_name() != "sqlite":
        return SqlDatabase(shared.engine, busy)
    return SqliteDatabase(_file(url), busy, ours=False)


def _file(url: Any) -> Path:
    name = url.database or ":memory:"
    if url.get_driver_name() != "pysqlite" or name == ":memory:" or name.startswith("file:"):
        raise ConfigError([f"Mail(db=...): {_NO_FILE}"])
    return Path(name)


_NO_FILE = (
    "the outbox can share an SQLite database only when that is an ordinary file; give it one, or"
    " leave db= away, or set MAIL_ENGINE=threads"
)
