"""What each new connection to a server is told first, unless a pooler lends it to others too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Told = Callable[[Any, object], None]
"""For SQLAlchemy's event `connect`."""


def manners(backend: str, busy: float) -> Told:
    """Of a server of this kind, where nobody is waited for longer than `busy` seconds."""
    if backend == "postgresql":
        return _unless_lent(
            _telling([*_POSTGRESQL, f"SET lock_timeout = {max(1, int(busy * 1000))}"])
        )
    return _telling([f"SET SESSION innodb_lock_wait_timeout = {max(1, int(busy))}"])


def _telling(statements: list[str]) -> Told:
    def tell(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    return tell


def _unless_lent(tell: Told) -> Told:
    def ask(connection: Any, record: object) -> None:
        if not is_lent(connection):
            tell(connection, record)
        elif hasattr(connection, "prepare_threshold"):
            connection.prepare_threshold = None  # the next process would not know what it means

    return ask


def is_lent(connection: Any) -> bool:
    """Whether a pooler stands before PostgreSQL, as PgBouncer, which gave it a number of its own.

    Each transaction may run in another process of the server then, and what one of them is told
    would stay with it, for whoever comes next.
    """
    told = getattr(getattr(connection, "info", None), "backend_pid", None)
    cursor = connection.cursor()
    cursor.execute("SELECT pg_backend_pid()")
    (process,) = cursor.fetchone()
    cursor.close()
    connection.rollback()
    return told is not None and told != process


_POSTGRESQL = [
    "SET default_transaction_isolation TO 'read committed'",
    "SET enable_seqscan TO off",  # a plan outlives the days when a table is small
    # What packs contents sooner than pglz, where PostgreSQL has it: 14 and later, as a rule.
    """SELECT set_config(name, 'lz4', false) FROM pg_settings
    WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)""",
]
