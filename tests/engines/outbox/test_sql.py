"""An outbox on a server: it survives restarts and forks, and tells no password."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

from flask_mailwright import ConfigError, MailError
from flask_mailwright.engines.outbox.alchemy import told
from flask_mailwright.engines.outbox.database import Database, NoTable
from flask_mailwright.engines.outbox.dialect import POSTGRESQL
from flask_mailwright.engines.outbox.sql import SqlDatabase
from tests.engines.outbox.databases import Opener, database


def hang_up(database: Database) -> None:
    """On all others that have it open."""
    with database.reading() as run:
        if database.dialect == POSTGRESQL:
            run(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return
        threads = run(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        ).rows
    for (number,) in threads:
        with suppress(MailError), database.reading() as run:  # it may be gone
            run(f"KILL {int(number)}")


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def opener(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Each server in turn."""
    with database(request.param, Path()) as found:
        yield found


def test_a_lost_connection_is_replaced(opener: Opener) -> None:
    """As after a restart of the server."""
    ours, other = opener(), opener()
    with ours.reading() as run:
        (row,) = run("SELECT 1").rows
    hang_up(other)
    with ours.reading() as run:
        assert run("SELECT 1").rows == [row]
    ours.close()
    other.close()


def test_a_forked_child_opens_its_own(opener: Opener) -> None:
    """And leaves the parent's alone."""
    ours = opener()
    with ours.reading() as run:
        run("SELECT 1")
    child = os.fork()
    if child == 0:
        with ours.reading() as run:
            os._exit(run("SELECT 7").rows[0][0])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    with ours.reading() as run:
        assert run("SELECT 1").rows == [(1,)]
    ours.close()


def test_a_missing_table_is_told(opener: Opener) -> None:
    """With the command that makes it, and without what was to be stored."""
    ours = opener()
    with pytest.raises(MailError, match="flask mail outbox init") as caught, ours.reading() as run:
        run("SELECT 1 FROM nix WHERE x = :x", {"x": "private"})
    assert (caught.value.kind, caught.value.stage) == ("configuration", "store")
    assert "private" not in f"{caught.value}{caught.value.__cause__}"
    ours.close()


def test_what_another_driver_raises_is_told() -> None:
    """pg8000 gives all that the server said, instead of a sentence."""
    said = Exception({"S": "ERROR", "C": "42P01", "M": 'relation "mailwright_mail" does not exist'})
    with pytest.raises(NoTable, match="flask mail outbox init"), told():
        raise ProgrammingError("SELECT", {}, said)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "mariadb+pymysql"])
def test_a_server_that_is_away_may_come_back(scheme: str) -> None:
    """So that is temporary; the password is not told."""
    away = SqlDatabase(f"{scheme}://root:secret@127.0.0.1:1/test", 2.0)
    with pytest.raises(MailError) as caught, away.reading():
        pass
    assert caught.value.kind == "temporary"
    assert "secret" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize("url", ["mssql://a:secret@h/d", "secret", "mysql://a:secret@h:port/d"])
def test_another_database_is_refused(url: str) -> None:
    """With those that are supported."""
    with pytest.raises(ConfigError, match="postgresql") as caught:
        _ = SqlDatabase(url).dialect
    assert "secret" not in str(caught.value)
