"""The tables of the outbox in SQLite, PostgreSQL and MariaDB."""

from concurrent.futures import ThreadPoolExecutor

from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.tables import has_tables
from tests.engines.outbox.databases import Opener
from tests.engines.outbox.stores import Open


def test_eight_make_the_tables_at_once(store: Open) -> None:
    """Processes that start together do not disturb each other."""
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(store, "abcdefgh"))) == 8


def test_whether_there_are_tables(opener: Opener, ours: Store) -> None:
    """Also on a database that has none."""
    assert has_tables(ours)
    database = opener()
    with database.transaction() as run:
        run("ALTER TABLE mailwright_mail RENAME TO mailwright_away")
    try:
        assert not has_tables(ours)
    finally:
        with database.transaction() as run:
            run("ALTER TABLE mailwright_away RENAME TO mailwright_mail")
        database.close()
