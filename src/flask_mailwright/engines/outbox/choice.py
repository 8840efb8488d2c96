"""The database that `MAIL_OUTBOX_URL` names."""

from __future__ import annotations

from pathlib import Path

from .. import Delivery
from .database import Database
from .sql import SqlDatabase
from .sqlite import SqliteDatabase

FILE = "mailwright-outbox.sqlite"


def database_of(delivery: Delivery) -> Database:
    """A file in the instance folder if nothing else is said."""
    url, busy = delivery.outbox.url, delivery.timing.busy
    if url and not url.startswith("sqlite:///"):
        return SqlDatabase(url, busy)
    name = url.removeprefix("sqlite:///") or FILE
    return SqliteDatabase(Path(delivery.outbox.folder) / name, busy)
