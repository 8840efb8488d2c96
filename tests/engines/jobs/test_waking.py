"""A shared outbox: a job says no more than that there is mail, and says it behind the commit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import Mail
from flask_mailwright.engines.jobs.parcel import Parcel
from flask_mailwright.engines.order import Order
from flask_mailwright.testing import SMTPServer
from tests.apps import BOB, hello, make_mail
from tests.engines.jobs.desk import ENGINE, desk_of, works_of
from tests.engines.relays import sealed
from tests.shop import Shop, open_shop
from tests.testing.raw_client import eventually


@pytest.fixture
def mail(tmp_path: Path, smtp_server: SMTPServer) -> Iterator[Mail]:
    """Whose outbox was named, so that others may have it too."""
    url = f"sqlite:///{tmp_path}/outbox.sqlite"
    config: dict[str, Any] = {"MAIL_OUTBOX_URL": url, "MAIL_TIMING": {"grace": 0.5}}
    made = make_mail(MAIL_ENGINE=ENGINE, MAIL_URL=smtp_server.url, **config)[1]
    yield made
    works_of(made).end()
    made.close()


def test_who_submits_does_not_deliver(mail: Mail, smtp_server: SMTPServer) -> None:
    """A worker does, from its first job on, and then looks for itself."""
    ticket = mail.send_later(hello())
    assert eventually(lambda: desk_of(mail).rings == 1)
    assert ticket.status() == "queued"
    works_of(mail).wake()
    assert ticket.wait(10).relayed
    assert mail.send_later(hello(BOB)).wait(10).relayed
    assert len(smtp_server.mails) == 2


def test_a_worker_that_has_ended_delivers_no_more(mail: Mail, smtp_server: SMTPServer) -> None:
    """Until there is a job for it."""
    works_of(mail).wake()
    works_of(mail).end()
    ticket = mail.send_later(hello())
    assert not eventually(lambda: smtp_server.count > 0, within=0.5)
    works_of(mail).wake()
    assert ticket.wait(10).relayed


def test_a_job_that_ends_when_nothing_is_due(mail: Mail, smtp_server: SMTPServer) -> None:
    """As RQ has them; it knows when the next mail is due."""
    smtp_server.refuse("rcpt", 450, address=BOB)
    tickets = [mail.send_later(hello()), mail.send_later(hello(BOB))]
    assert works_of(mail).work(10)
    assert [ticket.status() for ticket in tickets] == ["done", "queued"]
    pause = works_of(mail).pause
    assert pause is not None
    assert 5 < pause < 13


def test_a_job_whose_time_is_over(mail: Mail, smtp_server: SMTPServer) -> None:
    """Leaves the rest to another."""
    smtp_server.stall("final_dot")
    mail.send_later(hello())
    assert not works_of(mail).work(0.3)


def test_a_broker_that_is_away(mail: Mail) -> None:
    """The mail is taken all the same."""
    desk_of(mail).is_away = True
    assert mail.send_later(hello()).status() == "queued"


def test_a_worker_begins_by_itself(mail: Mail) -> None:
    """It need not be told of what waits, nor tell others."""
    ticket = mail.send_later(hello())
    assert eventually(lambda: desk_of(mail).rings == 1)
    works_of(mail).begin()
    assert ticket.wait(10).relayed
    assert desk_of(mail).rings == 1


def test_a_worker_begins_once_the_outbox_answers(
    tmp_path: Path, smtp_server: SMTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody need tell it that the database is back."""
    folder = tmp_path / "away"
    folder.write_text("no folder yet")
    config: dict[str, Any] = {"MAIL_OUTBOX_URL": f"sqlite:///{folder}/outbox.sqlite"}
    made = make_mail(MAIL_ENGINE=ENGINE, MAIL_URL=smtp_server.url, **config)[1]
    works_of(made).begin()
    assert eventually(lambda: "does not deliver yet" in caplog.text)
    folder.unlink()
    folder.mkdir()
    assert made.send_later(hello()).wait(15).relayed
    works_of(made).end()
    made.close()


def test_a_mail_from_before_there_was_an_outbox(mail: Mail, smtp_server: SMTPServer) -> None:
    """The job that holds it may still be on its way: it is put in."""
    works_of(mail).take(Parcel(sealed(), Order(), 1.0, 1.0).to_json())
    works_of(mail).wake()
    assert eventually(lambda: smtp_server.count == 1)


def test_a_mail_from_before_that_is_to_wait(mail: Mail, smtp_server: SMTPServer) -> None:
    """The outbox keeps it until its time."""
    works_of(mail).take(Parcel(sealed(), Order(), 1.0, time.time() + 3600).to_json())
    works_of(mail).wake()
    assert not eventually(lambda: smtp_server.count > 0, within=1)
    assert (works_of(mail).pause or 0) > 3000


def test_a_mail_from_before_may_come_twice(mail: Mail, smtp_server: SMTPServer) -> None:
    """As any job may; it is one mail."""
    parcel = Parcel(sealed(), Order(), 1.0, 1.0).to_json()
    for _ in range(2):
        works_of(mail).take(parcel)
    works_of(mail).wake()
    assert eventually(lambda: smtp_server.count == 1)
    assert not eventually(lambda: smtp_server.count > 1, within=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Whose mails join the transactions of its orders."""
    url = f"sqlite:///{tmp_path}/shop.sqlite"
    opened = open_shop(url, tmp_path, MAIL_URL="smtp://127.0.0.1:1", MAIL_ENGINE=ENGINE)
    yield opened
    opened.mail.close()
    with opened.app.app_context():
        opened.db.engine.dispose()


def test_it_rings_behind_the_commit(shop: Shop) -> None:
    """Before it there is nothing to be found; a rollback says nothing."""
    desk = desk_of(shop.mail)
    with shop.app.app_context():
        shop.add("tea")
        shop.send("tea")
        assert not eventually(lambda: desk.rings > 0, within=0.5)
        shop.db.session.rollback()
        shop.add("coffee")
        shop.send("coffee")
        assert not eventually(lambda: desk.rings > 0, within=0.5)
        shop.db.session.commit()
        assert eventually(lambda: desk.rings == 1)
