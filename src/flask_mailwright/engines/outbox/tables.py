"""The outbox's tables in its database: whether they are there, and made where they are not."""

from __future__ import annotations

from ...errors import MailError
from . import schema
from . import sidetables as sides
from . import statements as sql
from .database import Database, NoTable
from .store import Store


def has_tables(store: Store) -> bool:
    """Whether there is any need to make them."""
    try:
        check_tables(store)
    except MailError as error:
        if error.kind != "configuration":
            raise
        return False
    return True


def check_tables(store: Store) -> None:
    """MailError of kind configuration, with the command that makes them, when they are not."""
    with store.database.reading() as run:
        run(sql.SELECT_NO_MAIL)
        run(sides.SELECT_OFFICE, {"app": store.app})
        run(sides.SELECT_NO_RATE)


def are_complete(store: Store) -> bool:
    """Whether there are those too without which an outbox works."""
    if not has_tables(store):
        return False
    try:
        with store.database.reading() as run:
            run(sides.SELECT_ANY_SUPPRESSION, {"app": store.app})
    except NoTable:
        return False
    return True


def make_tables(store: Store) -> bool:
    """False when they are there; who finds them needs no right to make any."""
    if has_tables(store):
        return False
    make_missing(store.database)
    return True


def complete_tables(store: Store) -> bool:
    """The same, of all of them."""
    if are_complete(store):
        return False
    make_missing(store.database)
    return True


def make_missing(database: Database) -> None:
    """Make those that are not there."""
    with database.transaction(durable=True) as run:
        for statement in schema.statements(database.dialect):
            run(statement)
