"""The lanes of a route: what is urgent is not kept by what is not, nor one route by another."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask_mailwright import Mail, Receipt, SealedMail
from flask_mailwright.engines import Order, Way
from flask_mailwright.signals import email_relayed
from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import hello, make_mail, parsed
from tests.engines.outbox.boxes import outbox
from tests.engines.relays import GatedRelay, sealed
from tests.testing.raw_client import eventually

SLOW = 60.0
"""Seconds that a slow relay takes for each mail."""


class SlowServer(SMTPServer):
    """Takes its time for each content; `begun` are those that it has read."""

    def __init__(self, seconds: float = SLOW) -> None:
        super().__init__(on_mail=self.think)
        self._seconds = seconds
        self.begun: list[str] = []
        self.hurry = threading.Event()

    def think(self, mail: ReceivedMail) -> None:
        """As a relay that scans, or is too busy."""
        self.begun.append(str(parsed(mail)["Subject"]))
        self.hurry.wait(self._seconds)

    def begins(self, subject: str, within: float) -> bool:
        """Whether it has read that mail in time."""
        return eventually(lambda: subject in self.begun, within=within)


@contextmanager
def slow_server(seconds: float = SLOW) -> Iterator[SlowServer]:
    """One that answers at once in the end."""
    with SlowServer(seconds) as server:
        try:
            yield server
        finally:
            server.hurry.set()


@contextmanager
def outbox_mail(folder: Path, *, drops: bool = True, **config: Any) -> Iterator[Mail]:
    """A Mail that is closed behind the block; what is in the outbox is dropped before."""
    path = folder / "outbox.sqlite"
    url = f"sqlite:///{path}"
    timing = {"grace": 0.1, "retry_first": 0.3, "office": 1}
    _, mail = make_mail(MAIL_ENGINE="outbox", MAIL_OUTBOX_URL=url, MAIL_TIMING=timing, **config)
    try:
        yield mail
    finally:
        if drops:
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("DELETE FROM mailwright_mail")
        mail.close()


def status_of(path: Path, subject: str) -> tuple[str, str]:
    """Where a mail stands, and why."""
    with closing(sqlite3.connect(path / "outbox.sqlite")) as connection:
        found: tuple[str, str] = connection.execute(
            "SELECT status, reason FROM mailwright_mail WHERE subject = ?", (subject,)
        ).fetchone()
    return found


def test_urgent_mail_passes_bulk(tmp_path: Path) -> None:
    """10,000 bulk mails wait and all that take bulk are stuck: it goes within 2 s all the same."""
    with slow_server() as server, outbox_mail(tmp_path, MAIL_URL=server.url) as mail:
        list(mail.send_many_later(hello(subject=f"bulk {n}") for n in range(10_000)))
        assert eventually(lambda: len(server.begun) == 3, within=5)
        time.sleep(0.5)
        assert len(server.begun) == 3
        mail.send_later(hello(subject="high"), priority="high")
        assert server.begins("high", within=2)
        assert len(server.begun) == 4


def test_normal_mail_passes_bulk_too(tmp_path: Path) -> None:
    """And who sends now does, on the connection that is between two mails."""
    with slow_server(1.5) as server, outbox_mail(tmp_path, MAIL_URL=server.url) as mail:
        list(mail.send_many_later(hello(subject=f"bulk {n}") for n in range(500)))
        assert eventually(lambda: len(server.begun) >= 3, within=5)
        mail.send_later(hello(subject="normal"))
        assert server.begins("normal", within=2)
        assert mail.send(hello(subject="now")).relayed


def test_one_connection_takes_all_in_turn(tmp_path: Path) -> None:
    """With `?pool=1` an urgent mail waits for the one in hand, and for no other."""
    with slow_server(1.0) as server, outbox_mail(tmp_path, MAIL_URL=f"{server.url}?pool=1") as mail:
        list(mail.send_many_later(hello(subject=f"bulk {n}") for n in range(500)))
        assert eventually(lambda: len(server.begun) == 3, within=10)
        mail.send_later(hello(subject="high"), priority="high")
        assert server.begins("high", within=2.5)


def test_nothing_waits_behind_a_mail_that_takes_long(tmp_path: Path) -> None:
    """What a lane has claimed and not begun is given to the others."""
    with slow_server() as server, outbox_mail(tmp_path, MAIL_URL=f"{server.url}?pool=2") as mail:
        messages = [hello(subject=f"claimed together {n}") for n in range(8)]
        list(mail.send_many_later(messages, priority="normal"))
        assert eventually(lambda: len(server.begun) == 2, within=4)


def test_who_listens_keeps_nobody_but_his_lane(tmp_path: Path) -> None:
    """A receiver may take his time: as many as there are connections do so side by side."""
    with SMTPServer() as server, outbox_mail(tmp_path, MAIL_URL=server.url) as mail:

        def listen(*_: object, **__: object) -> None:
            time.sleep(0.5)

        with email_relayed.connected_to(listen):
            began = time.monotonic()
            tickets = [mail.send_later(hello(subject=f"{number}")) for number in range(8)]
            assert all(ticket.wait(10).error is None for ticket in tickets)
            assert server.count == 8
            assert time.monotonic() - began < 3


def test_a_mail_cancelled_while_its_envelope_rides(tmp_path: Path) -> None:
    """It goes no more, and the one behind it goes all the same."""
    with (
        slow_server() as server,
        outbox_mail(tmp_path, MAIL_URL=f"{server.url}?pool=1") as mail,
    ):
        first, second, third = (
            mail.send_later(hello(f"r{n}@example.com"), at=timedelta(seconds=0.5, milliseconds=n))
            for n in range(3)
        )
        assert eventually(lambda: len(server.begun) == 1, within=5)
        assert second.cancel()
        server.hurry.set()
        assert first.wait(5).relayed
        assert third.wait(5).relayed
        assert second.status() == "cancelled"
        assert eventually(lambda: server.count == 2)
        assert [each.recipients for each in server.mails] == [
            ("r0@example.com",),
            ("r2@example.com",),
        ]
        assert "RCPT TO:<r1@example.com>" in server.commands


def test_a_slow_route_keeps_no_other(tmp_path: Path) -> None:
    """Each has lanes of its own."""
    with slow_server() as slow, SMTPServer() as quick:
        config: dict[str, Any] = {"MAIL_URL": quick.url, "MAIL_ROUTES": {"news": slow.url}}
        with outbox_mail(tmp_path, **config) as mail:
            for n in range(50):
                message = hello(subject=f"{n}")
                message.route = "news"
                mail.send_later(message, priority="high")
            assert eventually(lambda: len(slow.begun) == 4, within=5)
            assert mail.send_later(hello(), priority="bulk").wait(2).error is None


def test_a_relay_that_is_down_keeps_no_other_route(tmp_path: Path) -> None:
    """Its lanes rest; the others go on."""
    with SMTPServer() as gone:
        url = gone.url
    with SMTPServer() as server:
        config: dict[str, Any] = {"MAIL_URL": server.url, "MAIL_ROUTES": {"news": url}}
        with outbox_mail(tmp_path, **config) as mail:
            for n in range(50):
                message = hello(subject=f"{n}")
                message.route = "news"
                mail.send_later(message, priority="high")
            for n in range(20):
                assert mail.send_later(hello(subject=f"{n}"), priority="bulk").wait(2).relayed
            assert status_of(tmp_path, "49")[0] == "queued"


def test_a_route_that_is_not_configured_any_more(tmp_path: Path) -> None:
    """Its mail waits, says why, and goes when the route is back; the other mail goes on."""
    message = hello(subject="news")
    message.route = "news"
    with SMTPServer() as server, SMTPServer() as news:
        known: dict[str, Any] = {"MAIL_URL": server.url, "MAIL_ROUTES": {"news": news.url}}
        with outbox_mail(tmp_path, drops=False, **known) as mail:
            left = mail.send_later(message, at=timedelta(seconds=0.5)).id
        with outbox_mail(tmp_path, drops=False, MAIL_URL=server.url) as mail:
            assert mail.send_later(hello()).wait(5).relayed
            assert eventually(lambda: "MAIL_ROUTES" in status_of(tmp_path, "news")[1], within=5)
            assert mail.ticket(left).status() == "queued"
        with outbox_mail(tmp_path, **known) as mail:
            assert mail.send(hello()).relayed
            mail.flush(10)
            assert mail.ticket(left).wait(10).relayed
        assert (len(server.mails), len(news.mails)) == (2, 1)


class Routed(GatedRelay):
    """Notes the routes that it was given mail of."""

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One answer for each."""
        return super().deliver_many(self.noted(mails))

    def noted(self, mails: Iterable[SealedMail]) -> Iterator[SealedMail]:
        """The same."""
        for mail in mails:
            yield mail._replace(subject=f"{mail.route}: {mail.subject}")


def test_a_local_route_takes_no_mail_of_others(tmp_path: Path) -> None:
    """Of the others it does, in the same process; and its own."""
    first, second = Routed(), Routed()
    later = Order(at=time.time() + 1.0)
    with outbox(first, tmp_path) as engine:
        for route in ("news", "alerts"):
            engine.submit(sealed("of production")._replace(route=route), later)
    way = lambda route: Way(2, local=route == "news")  # noqa: E731
    with outbox(second, tmp_path, way=way) as engine:
        engine.submit(sealed("own")._replace(route="news"), Order()).wait(5)
        assert eventually(lambda: len(second.taken) == 2, within=5)
        time.sleep(1.5)
        assert engine.flush(2)
    assert sorted(second.taken) == ["alerts: of production", "news: own"]
