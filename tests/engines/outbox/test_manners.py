"""What connections to PostgreSQL are told, directly and by way of PgBouncer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from flask_mailwright import Message
from flask_mailwright.engines.outbox.manners import is_lent
from flask_mailwright.testing import SMTPServer
from tests.engines.outbox.apps import app_on, copies
from tests.engines.outbox.databases import opened, outbox_url
from tests.engines.outbox.pgbouncer import PROCESSES, pooler

SETTINGS = ["lock_timeout", "enable_seqscan", "default_transaction_isolation"]
BUSY = 7.0


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of an empty database."""
    with outbox_url("postgresql", Path()) as found:
        yield found


@pytest.fixture(params=PROCESSES)
def pooled(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[str]:
    """Of the same, by way of PgBouncer."""
    with pooler(request.param, tmp_path) as port:
        yield make_url(url).set(port=port).render_as_string(hide_password=False)


def connect(url: str) -> Any:
    """As anybody does."""
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def settings(connection: Any) -> list[str]:
    """What the process that answers has been told."""
    return [connection.execute(f"SHOW {name}").fetchone()[0] for name in SETTINGS]


def ours(url: str) -> list[str]:
    """The same, of a connection of the outbox."""
    database = opened(url, BUSY)
    try:
        with database.transaction() as run:
            return [run(f"SHOW {name}").rows[0][0] for name in SETTINGS]
    finally:
        database.close()


def message(subject: str) -> Message:
    """To somebody."""
    return Message(subject, ["ann@example.com"], "Hello.")


def test_a_server_is_told(url: str) -> None:
    """How long to wait, and how to plan."""
    assert ours(url) == ["7s", "off", "read committed"]


def test_who_is_lent_tells_nothing(url: str, pooled: str) -> None:
    """It would stay for whoever gets that process next."""
    with connect(url) as direct, connect(pooled) as lent:
        assert [is_lent(direct), is_lent(lent)] == [False, True]
        assert ours(pooled) == settings(direct)
        assert settings(lent) == settings(direct)


def test_mail_by_way_of_a_pooler(pooled: str) -> None:
    """Statements meet a process that has not seen them before, and each mail comes once."""
    subjects = [f"mail {number}" for number in range(200)]
    with SMTPServer() as server, app_on(pooled, server.url) as mail:
        with ThreadPoolExecutor(8) as threads:
            tickets = list(threads.map(lambda each: mail.send_later(message(each)), subjects))
        assert all(ticket.wait(20).relayed for ticket in tickets)
        assert copies(server) == dict.fromkeys(subjects, 1)
