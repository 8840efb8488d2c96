"""Mail in the app's own transaction: a commit sends it, a rollback does not, nothing is lost."""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import abort
from sqlalchemy import event, inspect, text

from flask_mailwright import ConfigError, Mail, MailError
from flask_mailwright.engines.outbox import schema
from flask_mailwright.engines.outbox.dialect import MARIADB, POSTGRESQL, SQLITE
from flask_mailwright.testing import SMTPServer
from tests.apps import hello, parsed
from tests.shop import NAMES, QUICK, Shop, open_shop, shop
from tests.testing.raw_client import eventually


@pytest.fixture(params=NAMES)
def server(request: pytest.FixtureRequest) -> Iterator[SMTPServer]:
    """Where the shop's mail goes; it knows the name of the database too."""
    with SMTPServer() as running:
        running.database = request.param  # type: ignore[attr-defined]
        yield running


@pytest.fixture
def here(server: SMTPServer, tmp_path: Path) -> Iterator[Shop]:
    """A shop on each database."""
    with shop(server.database, tmp_path, MAIL_URL=server.url) as opened:  # type: ignore[attr-defined]
        yield opened


def test_a_commit_sends(here: Shop, server: SMTPServer) -> None:
    """Not before it: until then the ticket says `uncommitted`, and the wake is not lost."""
    with here.app.app_context():
        here.add("first")
        ticket = here.send("first")
        assert ticket.status() == "uncommitted"
        here.db.session.commit()
        assert ticket.wait(10).relayed
    assert [parsed(mail)["Subject"] for mail in server.mails] == ["first"]


@pytest.mark.parametrize("flushed", [True, False])
def test_a_rollback_does_not(here: Shop, server: SMTPServer, flushed: bool) -> None:
    """The mail was never there, and its ticket says so."""
    with here.app.app_context():
        here.add("never")
        if flushed:
            here.db.session.flush()
        ticket = here.send("never")
        here.db.session.rollback()
        assert ticket.status() == "cancelled"
        with pytest.raises(MailError, match="rolled back"):
            ticket.wait(1)
        with pytest.raises(MailError, match="is known"):
            here.mail.ticket(ticket.id)
    assert here.mail.flush(5)
    assert server.mails == []


def test_a_session_that_has_no_work(here: Shop) -> None:
    """Views that commit first and send after, and views that only read: committed at once."""
    with here.app.app_context():
        here.add("committed")
        here.db.session.commit()
        behind = here.send("behind")
        assert behind.status() != "uncommitted"
        here.db.session.execute(text("SELECT 1"))
        with here.db.session.begin_nested():
            here.db.session.scalars(here.db.select(here.order)).all()
        reading = here.send("reading")
        assert reading.status() != "uncommitted"
    assert behind.wait(10).relayed
    assert reading.wait(10).relayed
    outside = here.send("without any context")
    assert outside.wait(10).relayed


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {table} (id, name) VALUES (7, 'x')",
        "/* why */ UPDATE {table} SET name = 'y' WHERE id = 7",
        "-- SELECT\nDELETE FROM {table}",
    ],
)
def test_any_statement_that_may_change_something(here: Shop, statement: str) -> None:
    """Is work, though the session itself has flushed nothing."""
    with here.app.app_context():
        table = here.db.session.get_bind().dialect.identifier_preparer.quote("order")
        here.db.session.connection().execute(text(statement.format(table=table)))
        ticket = here.send("by hand")
        assert ticket.status() == "uncommitted"
        here.db.session.rollback()
        assert ticket.status() == "cancelled"


@pytest.mark.parametrize(
    "statement",
    [
        "/* SET */ SELECT (SELECT 1)",
        "/* SET */ -- x\n select 'DELETE'",
        "WITH a AS (SELECT 1 AS b) SELECT b FROM a",
        "SAVEPOINT mine",
    ],
)
def test_a_statement_that_changes_nothing(here: Shop, statement: str) -> None:
    """Is no work, so a view that only reads may be left without a commit."""
    with here.app.app_context():
        here.db.session.execute(text(statement))
        assert here.send("reading").status() != "uncommitted"


def test_an_app_that_says_begin_itself(tmp_path: Path) -> None:
    """As SQLAlchemy advises for SQLite: a transaction that reads still has no work."""
    with shop("sqlite", tmp_path, MAIL_URL="memory:") as here, here.app.app_context():
        engine = here.db.engine

        def says_begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN")

        event.listen(engine, "begin", says_begin)
        here.mail.flush(5)  # as the first request does, it puts the database into WAL mode
        assert here.db.session.scalars(here.db.select(here.order)).all() == []
        started = time.monotonic()
        assert here.send("reading").status() != "uncommitted"
        assert time.monotonic() - started < QUICK["busy"]  # nobody waited for its own lock
        here.db.session.rollback()
        here.add("written")
        assert here.send("written").status() == "uncommitted"
        here.db.session.rollback()


def test_a_savepoint_that_is_rolled_back(here: Shop) -> None:
    """Takes its mail with it, and the rest is sent."""
    with here.app.app_context():
        here.add("outer")
        outer = here.send("outer")
        savepoint = here.db.session.begin_nested()
        here.add("inner")
        inner = here.send("inner")
        savepoint.rollback()
        assert (outer.status(), inner.status()) == ("uncommitted", "cancelled")
        here.db.session.commit()
        assert outer.wait(10).relayed
        assert inner.status() == "cancelled"
    assert here.orders() == ["outer"]


def test_a_flush_that_failed(here: Shop) -> None:
    """A mail about it is not held back by the transaction that it broke."""
    with here.app.app_context():
        here.db.session.add(here.order(id=1, name="a"))
        here.db.session.flush()
        lost = here.send("with it")
        here.db.session.execute(text("SELECT 1"))
        here.db.session.add(here.order(id="no number at all", name=b"\0" * 200))
        with pytest.raises(Exception, match=r".*"):
            here.db.session.flush()
        told = here.send("to the admin")
        assert told.status() != "uncommitted"
        here.db.session.rollback()
        assert lost.status() == "cancelled"
        assert told.wait(10).relayed


def test_a_key_used_twice(here: Shop) -> None:
    """One mail, and the session stays usable; so it is when the first was committed before."""
    with here.app.app_context():
        here.add("keyed")
        one, two = here.send("one", key="k"), here.send("two", key="k")
        assert one.id == two.id
        here.db.session.commit()
        assert two.wait(10).relayed
        here.add("again")
        three = here.send("three", key="k")
        assert three.status() == "done"
        here.db.session.rollback()
        assert three.status() == "done"
    assert here.orders() == ["keyed"]


def test_cancelled_before_the_commit(here: Shop, server: SMTPServer) -> None:
    """It will not go out."""
    with here.app.app_context():
        here.add("kept")
        ticket = here.send("regretted")
        assert ticket.cancel()
        assert ticket.status() == "cancelled"
        here.db.session.commit()
        assert ticket.status() == "cancelled"
        assert ticket.cancel()
    assert here.mail.flush(5)
    assert server.mails == []
    assert here.orders() == ["kept"]


@pytest.mark.parametrize("committed", [True, False])
def test_another_mail_is_cancelled_with_the_order(
    here: Shop, server: SMTPServer, committed: bool
) -> None:
    """Both or neither, and nobody waits for a lock of its own."""
    with here.app.app_context():
        reminder = here.send("reminder", at=timedelta(seconds=1.5))
        here.add("paid")
        here.db.session.flush()
        started = time.monotonic()
        assert reminder.cancel()
        assert time.monotonic() - started < QUICK["busy"]
        (here.db.session.commit if committed else here.db.session.rollback)()
        assert reminder.status() == ("cancelled" if committed else "queued")
    if not committed:
        assert reminder.wait(10).relayed
    assert server.count == (not committed)


def test_nobody_waits_for_himself(here: Shop) -> None:
    """`wait` raises at once, `join` returns."""
    with here.app.app_context():
        here.add("waiting")
        ticket = here.send("waiting")
        started = time.monotonic()
        with pytest.raises(MailError, match="commit first"):
            ticket.wait()
        ticket.join()
        assert time.monotonic() - started < 3
        here.db.session.rollback()


def test_many_join_too(here: Shop, server: SMTPServer) -> None:
    """`send_many_later` asks for each chunk where it belongs."""
    with here.app.app_context():
        here.add("newsletter")
        messages = [hello(subject=f"news {number}") for number in range(3)]
        tickets = list(here.mail.send_many_later(messages))
        assert {ticket.status() for ticket in tickets} == {"uncommitted"}
        here.db.session.commit()
    assert eventually(lambda: server.count == 3, within=10)


def test_an_abandoned_mail_is_told(
    here: Shop, server: SMTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """One ERROR line with endpoint and ticket, once the session is removed."""
    tickets = []

    @here.app.get("/forgetful")
    def forgetful() -> str:
        here.add("forgotten")
        tickets.append(here.send("forgotten"))
        return "thank you"

    with caplog.at_level(logging.ERROR, "flask_mailwright"):
        assert here.app.test_client().get("/forgetful").status_code == 200
    (line,) = caplog.messages
    assert tickets[0].id in line
    assert "endpoint forgetful" in line
    assert "commit" in line
    assert tickets[0].status() == "cancelled"
    assert server.mails == []


@pytest.mark.parametrize("suppressed", [True, False])
def test_an_abandoned_mail_raises_in_tests(here: Shop, suppressed: bool) -> None:
    """Also when it would have been suppressed: the mistake is the same."""
    here.app.testing = True
    here.app.config["MAIL_SUPPRESS_SEND"] = suppressed

    @here.app.get("/forgetful")
    def forgetful() -> str:
        here.add("forgotten")
        here.send("forgotten")
        return "thank you"

    @here.app.get("/fails")
    def fails() -> str:
        forgetful()
        raise KeyError("its own trouble")

    @here.app.get("/in-order")
    def in_order() -> str:
        forgetful()
        here.db.session.commit()
        return "thank you"

    @here.app.get("/regrets")
    def regrets() -> str:
        forgetful()
        here.db.session.rollback()
        return abort(400)

    client = here.app.test_client()
    with pytest.raises(MailError, match="endpoint forgetful"):
        client.get("/forgetful")
    with pytest.raises(KeyError, match="its own trouble"):
        client.get("/fails")
    assert client.get("/in-order").status_code == 200
    assert client.get("/regrets").status_code == 400


def test_migrations_see_the_tables(here: Shop) -> None:
    """They are part of the app's metadata, and those made from it are those we make."""
    with here.app.app_context():
        here.mail.close()
        engine = here.db.engine
        dialects = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
        made = _columns(here)
        here.db.drop_all()
        with engine.begin() as connection:
            for statement in schema.statements(dialects.get(engine.dialect.name, MARIADB)):
                connection.execute(text(statement))
        assert len(made) == 6
        assert _columns(here) == made


def _columns(here: Shop) -> dict[str, Any]:
    found = inspect(here.db.engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
            found.get_pk_constraint(table)["constrained_columns"],
            [(i["name"], i["column_names"]) for i in found.get_indexes(table)],
        )
        for table in found.get_table_names()
        if table.startswith("mailwright")
    }


def test_missing_tables_are_told(here: Shop) -> None:
    """With the command that makes them, and the session is as good as before."""
    with here.app.app_context():
        here.db.metadata.tables["mailwright_deliverer"].drop(here.db.engine)
        here.add("kept")
        with pytest.raises(MailError, match="flask mail outbox init") as caught:
            here.send("too early")
        assert caught.value.kind == "configuration"
        here.db.session.commit()
    assert here.orders() == ["kept"]


def test_what_is_no_database() -> None:
    """Is told when it is given."""
    with pytest.raises(ConfigError, match=r"has no \.session"):
        Mail(db=object())


def test_an_outbox_has_one_place(tmp_path: Path) -> None:
    """Not two."""
    with (
        pytest.raises(ConfigError, match="MAIL_OUTBOX_URL"),
        shop("sqlite", tmp_path, MAIL_OUTBOX_URL="sqlite:///x.sqlite"),
    ):
        pass


def test_a_database_in_memory(tmp_path: Path) -> None:
    """No other connection sees it: the first mail says so."""
    opened = open_shop("sqlite://", tmp_path, MAIL_URL="memory:")
    with opened.app.app_context():
        with pytest.raises(ConfigError, match="ordinary file"):
            opened.send("nowhere")
        opened.db.engine.dispose()
