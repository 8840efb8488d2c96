"""The database that `MAIL_OUTBOX_URL` names, or that the app shares with us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import ConfigError
from .. import Delivery, OutboxSettings
from .database import Database
from .sql import SqlDatabase
from .sqlite import SqliteDatabase

FILE = "mailwright-outbox.sqlite"


def database_of(delivery: Delivery) -> Database:
    """A file in the instance folder if nothing else is said."""
    settings, busy, monotonic = delivery.outbox, delivery.timing.busy, delivery.world.monotonic
    file, shared = file_of(settings), settings.shared
    if file is not None:
        return SqliteDatabase(file, busy, monotonic, ours=shared is None)
    return SqlDatabase(settings.url if shared is None else shared.engine, busy, monotonic)


def file_of(settings: OutboxSettings) -> Path | None:
    """The SQLite file where the outbox is, if it is in one."""
    if settings.shared is not None:
        url = settings.shared.engine().url
        return _shared_file(url) if url.get_backend_name() == "sqlite" else None
    is_file = not settings.url or settings.url.startswith("sqlite:///")
    return _file(settings) if is_file else None


def own_file(settings: OutboxSettings) -> Path | None:
    """The SQLite file that is the outbox alone; None where it is something else."""
    shared = settings.shared is not None or not (settings.url or FILE).startswith(("sqlite:", FILE))
    return None if shared else _file(settings)


def place(settings: OutboxSettings) -> str:
    """How logs call it; no user, password or option is in it.

    >>> place(OutboxSettings("postgresql+psycopg://me:secret@db.example/shop?sslmode=require"))
    'postgresql+psycopg://db.example/shop'
    """
    url = settings.url
    if settings.shared is not None:
        url = settings.shared.engine().url.render_as_string()
    if url and not url.startswith("sqlite:///"):
        scheme, _, rest = url.partition("://")
        authority, _, name = rest.partition("?")[0].rpartition("/")
        return f"{scheme}://{authority.rpartition('@')[2]}/{name}"
    return str(_file(settings._replace(url=url)))


def _shared_file(url: Any) -> Path:
    name = url.database or ":memory:"
    if url.get_driver_name() != "pysqlite" or name == ":memory:" or name.startswith("file:"):
        raise ConfigError([f"Mail(db=...): {_NO_FILE}"])
    return Path(name)


def _file(settings: OutboxSettings) -> Path:
    name = settings.url.removeprefix("sqlite:///") or FILE
    return Path(settings.folder) / name


_NO_FILE = (
    "the outbox can share an SQLite database only when that is an ordinary file; give it one, or"
    " leave db= away, or set MAIL_ENGINE=threads"
)
