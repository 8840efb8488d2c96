"""Queued mail in tests: at once, when it is due, or when the test says so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import MailTimeout, Message
from flask_mailwright.signals import email_dispatched
from flask_mailwright.testing import Mailbox
from tests.apps import ANN, BOB, hello
from tests.shop import Shop, shop_at
from tests.testing.senders import app_with_mail, failure


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """An app whose orders and mails share a database."""
    with shop_at(f"sqlite:///{tmp_path}/shop.sqlite", tmp_path) as opened:
        yield opened


class TestQueued:
    """Mail of an engine."""

    def test_it_is_delivered_at_once(self) -> None:
        """Nothing is waited for, and nothing leaves."""
        _, mail = app_with_mail()
        with Mailbox() as mailbox:
            ticket = mail.send_later(hello())
            assert [t.status() for t in mail.send_many_later([hello(), hello()])] == ["done"] * 2
        assert len(mailbox) == 3
        assert ticket.wait(0).suppressed

    def test_it_is_held(self) -> None:
        """As it is between the web process and the worker."""
        _, mail = app_with_mail()
        with Mailbox() as mailbox:
            mailbox.hold()
            first, second = mail.send_later(hello()), mail.send_later(hello(BOB))
            assert first.status() == "queued"
            with pytest.raises(MailTimeout, match=r"mailbox\.deliver"):
                first.wait()
            assert "(2 wait: for mailbox.deliver(), or their time)" in failure(mailbox.one)
            assert second.cancel()
            assert [held.to for held in mailbox.held] == [[ANN]]
            mail.send(hello(subject="now"))
            assert [sent.subject for sent in mailbox] == ["now"]
            mailbox.deliver()
            assert first.status() == "done"
            assert [sent.to for sent in mailbox] == [[ANN], [ANN]]

    def test_mail_of_a_receiver(self) -> None:
        """What a delivery brings about is delivered too, each mail once."""
        app, mail = app_with_mail()

        def answer(_app: Flask, message: Message, **_: Any) -> None:
            if message.subject != "answer":
                mail.send_later(hello(subject="answer"))

        with email_dispatched.connected_to(answer, app), Mailbox() as mailbox:
            mailbox.hold()
            for number in range(3):
                mail.send_later(hello(subject=str(number)))
            assert mailbox.deliver() == 6
        assert sorted(sent.subject for sent in mailbox) == ["0", "1", "2", *["answer"] * 3]

    def test_many_threads(self) -> None:
        """Deliver each mail once."""
        _, mail = app_with_mail()

        def send() -> None:
            for _ in range(30):
                mail.send_later(hello())

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with Mailbox() as mailbox, ThreadPoolExecutor(6) as pool:
                for each in [pool.submit(send) for _ in range(6)]:
                    each.result()
        finally:
            sys.setswitchinterval(interval)
        assert len(mailbox) == 180

    def test_it_waits_for_its_time(self, tmp_path: Path) -> None:
        """Which comes when the test says so; what has expired by then goes no more."""
        app, mail = app_with_mail(MAIL_ENGINE="outbox", MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/o")
        with Mailbox(app) as mailbox:
            mail.send_later(hello(subject="reminder"), at=timedelta(days=1))
            late = mail.send_later(hello(), at=timedelta(hours=1), expires=timedelta(hours=2))
            mailbox.none()
            mailbox.move(hours=23)
            assert late.status() == "cancelled"
            mailbox.none()
            mailbox.move(hours=2)
            assert mailbox.one().subject == "reminder"

    def test_a_key_is_one_mail(self, tmp_path: Path) -> None:
        """Twice the same job sends one invoice."""
        _, mail = app_with_mail(MAIL_ENGINE="outbox", MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/o")
        with Mailbox() as mailbox:
            for _ in range(2):
                mail.send_later(hello(), key="invoice:1")
            mail.send_later(hello(), key="invoice:2")
        assert len(mailbox) == 2

    def test_the_ticket_of_a_known_key(self, tmp_path: Path) -> None:
        """Stands where the first one does, as in an outbox."""
        _, mail = app_with_mail(MAIL_ENGINE="outbox", MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/o")
        with Mailbox() as mailbox:
            mailbox.hold()
            tickets = [mail.send_later(hello(), key="invoice:1") for _ in range(2)]
            assert [ticket.status() for ticket in tickets] == ["queued"] * 2
            mailbox.deliver()
            assert [ticket.status() for ticket in tickets] == ["done"] * 2
            assert tickets[1].wait(0).suppressed
            assert len(mailbox.held) == 0

    def test_commit_and_rollback(self, shop: Shop) -> None:
        """A mail in the app's transaction is there when that is committed, and only then."""
        shop.app.testing = True
        with shop.app.app_context(), Mailbox() as mailbox:
            shop.add("tea")
            ticket = shop.send("tea")
            assert ticket.status() == "uncommitted"
            with pytest.raises(MailTimeout, match="commit it first"):
                ticket.wait(1)
            mailbox.none()
            shop.db.session.commit()
            assert mailbox.one(subject="tea").to == [ANN]
            shop.add("coffee")
            dropped = shop.send("coffee")
            shop.db.session.rollback()
            assert dropped.status() == "cancelled"
            mailbox.none(subject="coffee")
            shop.send("milk")
            assert len(mailbox) == 2

    def test_a_savepoint_that_is_rolled_back(self, shop: Shop) -> None:
        """Takes its mails with it, whatever becomes of the rest."""
        with shop.app.app_context(), Mailbox() as mailbox:
            shop.add("tea")
            with shop.db.session.begin_nested() as outer:
                with shop.db.session.begin_nested():
                    shop.add("milk")
                    dropped = shop.send("milk")
                outer.rollback()
            with shop.db.session.begin_nested():
                shop.add("coffee")
                shop.send("coffee")
            shop.db.session.commit()
        assert mailbox.one().subject == "coffee"
        assert dropped.status() == "cancelled"

    def test_broken_mail_of_a_commit(self, shop: Shop) -> None:
        """Fails where it is committed; the data is there, and so are the other mails."""
        bad = Message("bad", [ANN], "Hello {{ name }}")
        with shop.app.app_context(), Mailbox() as mailbox:
            shop.add("tea")
            shop.mail.send_later(bad)
            other = shop.send("tea")
            assert "template-left" in failure(shop.db.session.commit)
            mailbox.allow("template-left")
            assert other.status() == "done"
            shop.add("coffee")
            shop.db.session.commit()
            assert shop.orders() == ["coffee", "tea"]
