"""The suppression list in the app's own database: its transactions, and its migrations."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from flask_mailwright import MailError, Message
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB
from tests.engines.outbox.apps import app_on
from tests.engines.outbox.databases import outbox_url
from tests.shop import NAMES, Shop, shop, shop_at


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay, which does not know Bob."""
    with SMTPServer() as found:
        found.fault("rcpt", "550 5.1.1 No such user", address=BOB, times=None)
        yield found


@pytest.fixture(params=NAMES)
def here(request: pytest.FixtureRequest, server: SMTPServer, tmp_path: Path) -> Iterator[Shop]:
    """A shop on each database."""
    config = {"MAIL_URL": server.url, "MAIL_SUPPRESS_UNKNOWN": True}
    with shop(request.param, tmp_path, **config) as opened:
        yield opened


def suppressed(here: Shop) -> list[str]:
    """Everybody."""
    return [each.address for each in here.mail.suppressions]


def drop_table(here: Shop) -> None:
    """As before the migration."""
    with here.app.app_context(), here.db.engine.begin() as connection:
        connection.execute(text("DROP TABLE mailwright_suppression"))


def test_a_commit_suppresses_and_a_rollback_does_not(here: Shop) -> None:
    """Together with what else the view has done."""
    with here.app.app_context():
        for name, end in (("kept", here.db.session.commit), ("lost", here.db.session.rollback)):
            here.add(name)
            here.db.session.flush()
            assert here.mail.suppress(f"{name}@example.com", "clicked")
            assert here.mail.suppressions.find([f"{name}@example.com"], None) == {}
            end()
            assert suppressed(here) == ["kept@example.com"]
        assert here.mail.send(Message("Hi", ["kept@example.com"], "Hello")).is_suppressed
    assert here.orders() == ["kept"]


def test_a_session_without_work_is_not_waited_for(here: Shop) -> None:
    """It is committed at once."""
    with here.app.app_context():
        here.db.session.execute(text("SELECT 1"))
        assert here.mail.suppress(ANN, "clicked")
        here.db.session.rollback()
    assert suppressed(here) == [ANN]
    assert here.mail.unsuppress(ANN)
    assert suppressed(here) == []


def test_an_unknown_mailbox_in_the_midst_of_a_transaction(here: Shop) -> None:
    """Nobody waits for his own lock; it is on the list once that is committed."""
    with here.app.app_context():
        here.add("order")
        here.db.session.flush()
        with pytest.raises(MailError, match=r"5\.1\.1"):
            here.mail.send(Message("Hi", [BOB], "Hello"))
        here.db.session.commit()
    assert suppressed(here) == [BOB]
    assert here.orders() == ["order"]


def test_before_the_migration_mail_goes_out(here: Shop, server: SMTPServer) -> None:
    """To everybody; who suppresses is told how to make the table, and no transaction is spoiled."""
    drop_table(here)
    with here.app.app_context():
        assert here.mail.send(Message("now", [ANN], "Hello")).relayed
        assert here.send("later").wait(10).relayed
        assert suppressed(here) == []
        assert not here.mail.unsuppress(ANN)
        with pytest.raises(MailError, match="flask mail outbox init"):
            here.mail.suppress(ANN, "clicked")
        here.add("order")
        here.db.session.flush()
        with pytest.raises(MailError, match="flask mail outbox init"):
            here.mail.suppress(ANN, "clicked")
        here.db.session.commit()
    assert here.orders() == ["order"]
    result = here.app.test_cli_runner().invoke(args=["mail", "outbox", "init"])
    assert "were made" in result.output
    assert here.mail.suppress(ANN, "clicked")


def test_an_outbox_from_before_gets_its_table_with_the_first(tmp_path: Path) -> None:
    """Where it is not the app's database, and its worker needs nothing new."""
    with outbox_url("sqlite", tmp_path) as url:
        with shop_at(url, tmp_path, MAIL_URL="memory:") as made:
            drop_table(made)
        with app_on(url, "memory:") as mail:
            assert mail.send_later(Message("Hi", [ANN], "Hello")).wait(10).relayed
            assert mail.suppress(ANN, "clicked")
            assert mail.send_later(Message("Hi", [ANN], "Hello")).wait(10).is_suppressed


def test_a_database_in_memory_has_no_list(tmp_path: Path) -> None:
    """Mail goes out as ever; who suppresses is told that there is no place for it."""
    config = {"MAIL_URL": "memory:", "MAIL_ENGINE": "inline"}
    with shop_at("sqlite:///:memory:", tmp_path, **config) as here, here.app.app_context():
        assert here.mail.send(Message("Hi", [ANN], "Hello")).relayed
        with pytest.raises(MailError, match="ordinary file"):
            here.mail.suppress(ANN, "clicked")


def test_a_commit_that_was_forgotten_is_told(here: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """As it is of a mail."""
    with here.app.app_context():
        here.add("order")
        here.db.session.flush()
        here.mail.suppress(ANN, "clicked")
        here.db.session.remove()
    assert "the suppression list is as it was: it was changed within a transaction" in caplog.text
    assert suppressed(here) == []
