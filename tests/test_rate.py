"""`?rate=` of a relay over all processes of an app's outbox: what each of them does then."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import Mail, MailError
from flask_mailwright.testing import SMTPServer
from tests.apps import hello, make_mail
from tests.engines.outbox.apps import app_on, copies
from tests.engines.outbox.databases import NAMES, outbox_url
from tests.shop import shop_at
from tests.testing.raw_client import eventually

AWAY = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay."""
    with SMTPServer() as server:
        yield server


def refusal(mail: Mail) -> MailError:
    """What `send` says at once to a mail more than the relay may have."""
    began = time.monotonic()
    with pytest.raises(MailError, match="gets no more than") as caught:
        mail.send(hello())
    assert time.monotonic() - began < 5
    return caught.value


@pytest.mark.parametrize("name", NAMES)
def test_who_sends_in_one_process_is_told_of_all(
    server: SMTPServer, tmp_path: Path, name: str
) -> None:
    """One mail in an hour is one of all: the others are refused as ever, at once."""
    with outbox_url(name, tmp_path) as url, ExitStack() as apps:
        relay = f"{server.url}?rate=1/h"
        one, two = (apps.enter_context(app_on(url, relay)) for _ in range(2))
        assert one.send(hello()).error is None
        for mail in (two, one):
            error = refusal(mail)
            assert (error.kind, error.stage) == ("temporary", "rate")
            assert error.retry_in == pytest.approx(3500, abs=150)
        assert server.count == 1


def test_a_forked_child_is_a_process_of_its_own(server: SMTPServer, tmp_path: Path) -> None:
    """It asks the outbox as its parent does."""
    with app_on(f"sqlite:///{tmp_path}/o", f"{server.url}?rate=1/h") as mail:
        mail.send(hello())
        child = os.fork()
        if child == 0:
            try:
                mail.send(hello())
            except MailError as error:
                os._exit(7 if error.stage == "rate" else 1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_nothing_is_opened_before_a_mail(server: SMTPServer, tmp_path: Path) -> None:
    """Nor is by a mail that goes to a relay without a rate."""
    file = tmp_path / "o"
    with app_on(f"sqlite:///{file}", f"{server.url}?rate=5/s") as mail:
        assert not file.exists()
        mail.send(hello())
        assert file.exists()
    file.unlink()
    with app_on(f"sqlite:///{file}", server.url) as mail:
        mail.send(hello())
        assert not file.exists()


def test_two_routes_to_one_account(server: SMTPServer, tmp_path: Path) -> None:
    """They have one rate together; by another rate it is another line."""
    routes = {"same": f"{server.url}?rate=1/h&pool=2", "other": f"{server.url}?rate=2/h"}
    relay = f"{server.url}?rate=1/h"
    with app_on(f"sqlite:///{tmp_path}/o", relay, MAIL_ROUTES=routes) as mail:
        mail.send(hello())
        message = hello()
        message.route = "same"
        with pytest.raises(MailError, match="gets no more than"):
            mail.send(message)
        message.route = "other"
        assert mail.send(message).error is None


def test_a_route_that_waits_keeps_no_other_waiting(server: SMTPServer, tmp_path: Path) -> None:
    """Nor does the end of the process wait for it."""
    routes = {"slow": f"{server.url}?rate=1/h"}
    with app_on(f"sqlite:///{tmp_path}/o", server.url, MAIL_ROUTES=routes) as mail:
        for number in range(10):
            slow = hello(subject=f"slow {number}")
            slow.route = "slow"
            mail.send_later(slow)
        assert eventually(lambda: copies(server).total() == 1, 10)
        for number in range(20):
            mail.send_later(hello(subject=f"{number}"))
        assert eventually(lambda: len(copies(server)) == 21, 10)
        began = time.monotonic()
        engine: Any = mail._state().engine
        engine._here.end()
        assert time.monotonic() - began < 10
    assert len(copies(server)) == 21


def test_queued_mail_waits_for_its_turn(server: SMTPServer, tmp_path: Path) -> None:
    """It goes as soon as it may, and nobody is told of a failure."""
    with app_on(f"sqlite:///{tmp_path}/o", f"{server.url}?rate=2/s") as mail:
        tickets = [mail.send_later(hello(subject=f"{number}")) for number in range(4)]
        assert [ticket.wait(15).error for ticket in tickets] == [None] * 4
    assert len(copies(server)) == 4


def test_without_an_outbox_each_process_counts_for_itself(server: SMTPServer) -> None:
    """As the documentation says."""
    for _ in range(2):
        _app, mail = make_mail(MAIL_URL=f"{server.url}?rate=1/h")
        mail.send(hello())
        assert refusal(mail).retry_in == pytest.approx(3500, abs=150)
        mail.close()
    assert server.count == 2


def test_a_database_that_is_away(server: SMTPServer, caplog: pytest.LogCaptureFixture) -> None:
    """Mail goes on; each process keeps to the rate for itself meanwhile, and says so once."""
    with app_on(AWAY, f"{server.url}?rate=1/h") as mail:
        mail.send(hello())
        refusal(mail)
        mail.close = lambda: None  # type: ignore[method-assign]
    assert server.count == 1
    assert caplog.text.count("each keeps to the rate for itself") == 1
    assert "127.0.0.1:1/nothing" not in caplog.text


def test_in_the_apps_own_transaction(server: SMTPServer, tmp_path: Path) -> None:
    """One that holds the SQLite file is not waited for by the thread that holds it."""
    url = f"sqlite:///{tmp_path / 'shop.sqlite'}"
    with shop_at(url, tmp_path, MAIL_URL=f"{server.url}?rate=1/h") as shop, shop.app.app_context():
        shop.mail.send(hello())
        shop.add("a book")
        shop.db.session.flush()
        began = time.monotonic()
        shop.mail.send(hello())
        assert time.monotonic() - began < 4
        refusal(shop.mail)
        shop.db.session.commit()
        refusal(shop.mail)
    assert server.count == 2
