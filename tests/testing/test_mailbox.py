"""The mailbox of a test: what it sees, what it says, and what it keeps apart."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app, request, session

from flask_mailwright import Mail, MailTimeout, Message, MessageError
from flask_mailwright.signals import email_dispatched
from flask_mailwright.testing import Mailbox, SMTPServer
from tests.apps import ANN, BOB, SENDER, hello, make_app
from tests.shop import Shop, shop_at


def app_with_mail(name: str = "shop", **config: Any) -> tuple[Flask, Mail]:
    """An app that a test has not made `testing`, with a relay that nobody answers at."""
    app = make_app(MAIL_SERVER="127.0.0.1", MAIL_PORT=1, **config)
    app.name = name
    return app, Mail(app)


def failure(call: Any, *args: Any, **wanted: Any) -> str:
    """What is said."""
    with pytest.raises(AssertionError) as caught:
        call(*args, **wanted)
    said = str(caught.value)
    assert len(said.splitlines()) <= 20
    return said


RICH = Message(
    "Your order",
    [ANN, "Zoë <zoe@example.com>"],
    "Confirm: https://shop.example.com/confirm/1?a=b.",
    html='<p>Hello <a href="https://shop.example.com/confirm/1?a=b&amp;c=d">Confirm <b>now</b></a>'
    '<a href="https://shop.example.com/stop">Leave</a></p>',
    sender=SENDER,
    cc=["cc@example.com"],
    bcc=["bcc@example.com"],
    reply_to="help@example.com",
)


class TestAsking:
    """Sentences that are read as they are meant."""

    @pytest.fixture
    def filled(self) -> Mailbox:
        """Two mails."""
        _, mail = app_with_mail()
        rich = RICH.copy()
        rich.tags = ["order"]
        rich.attach("invoice.pdf", "application/pdf", b"%PDF")
        with Mailbox() as mailbox:
            mail.send(hello(BOB))
            mail.send(rich)
        return mailbox

    def test_one(self, filled: Mailbox) -> None:
        """By any field, by a piece of its texts, by a pattern."""
        for wanted in (
            {"to": ANN}, {"to": [ANN, "zoe@example.com"]}, {"cc": "CC@example.com"},
            {"bcc": "bcc@example.com"}, {"subject": "Your order"}, {"text": "confirm/1"},
            {"subject": re.compile("order$")}, {"html": "<b>now</b>"}, {"tags": "order"},
            {"reply_to": "help@example.com"}, {"to": re.compile("^zoe@"), "sender": SENDER},
        ):  # fmt: skip
            assert filled.one(**wanted).subject == "Your order", wanted
        assert filled.one(to=BOB, app="shop", route="").text == "Hello"
        assert [mail.subject for mail in filled] == ["Hi", "Your order"]
        assert len(filled) == 2
        filled.none(to="eve@example.com")
        filled.none(subject="order")
        filled.clear()
        filled.none()

    def test_the_mail(self, filled: Mailbox) -> None:
        """All that its reader has."""
        mail = filled[1]
        assert mail.to == [ANN, "zoe@example.com"]
        assert (mail.cc, mail.bcc) == (["cc@example.com"], ["bcc@example.com"])
        assert mail.header("Subject") == "Your order"
        assert mail.link("Confirm now") == "https://shop.example.com/confirm/1?a=b&c=d"
        assert mail.link("confirm") == mail.link("Confirm now")
        assert mail.attachment("invoice.pdf").data == b"%PDF"
        assert filled[0].links == {}
        assert mail.lint() == []

    def test_links_of_a_text(self) -> None:
        """By their URL, without the full stop behind it."""
        _, mail = app_with_mail()
        with Mailbox() as mailbox:
            mail.send(Message("Hi", [ANN], RICH.body, sender=SENDER))
        url = "https://shop.example.com/confirm/1?a=b"
        assert mailbox.one().link("/confirm/") == url

    def test_links_as_browsers_read_them(self) -> None:
        """No comment, any case, any attribute, an image by its words; two of one text are two."""
        html = (
            '<!-- <a href="https://e.com/0">Old</a> --><A HREF="https://e.com/1" title="a > b">View'
            '</A> <a href="https://e.com/2">View</a> <a name="here">Here</a> <a href="https://e.com">'
            '<img src="https://e.com/i.png" alt="Our shop"></a> <a href="https://e.com/3">Pay<br>now'
            '</a> <a href="mailto:help@e.com">Write</a>'
        )
        _, mail = app_with_mail()
        with Mailbox() as mailbox:
            mail.send(Message("Hi", [ANN], html=html, sender=SENDER))
        sent = mailbox.one()
        assert list(sent.links) == ["View", "Our shop", "Pay now", "Write"]
        told = failure(sent.link, "View")
        assert "found 2" in told
        assert "  View -> https://e.com/1\n  View -> https://e.com/2\n" in told
        client = Flask("shop").test_client()
        assert "'Write' leads to 'mailto:help@e.com'" in failure(sent.follow, client, "Write")

    def test_follow(self, filled: Mailbox) -> None:
        """The test client opens the link, at its host and with its query."""
        app = Flask("shop")
        app.add_url_rule("/confirm/<int:number>", "confirm", lambda number: f"yes {number}")
        assert filled[1].follow(app.test_client(), "Confirm").text == "yes 1"

    def test_follow_as_who_is_logged_in(self, filled: Mailbox) -> None:
        """A session that began at the client's own host goes on there."""
        app = Flask("shop")
        app.secret_key = "s"
        app.add_url_rule("/login", "login", lambda: session.update(user="ann") or "")
        app.add_url_rule("/confirm/1", "confirm", lambda: f"{session.get('user')} {request.host}")
        client = app.test_client()
        client.get("/login")
        assert filled[1].follow(client, "Confirm").text == "None shop.example.com"
        here = filled[1].follow(client, "Confirm", base_url="http://localhost")
        assert here.text == "ann localhost"

    def test_failures_show_what_was_sent(self, filled: Mailbox) -> None:
        """All of it, in few lines."""
        assert failure(filled.one, to="eve@example.com", subject=re.compile("x")) == (
            "expected one mail with to='eve@example.com', subject='x', found 0; sent were:\n"
            "  1. 'Hi' to bob@example.com\n"
            "  2. 'Your order' to ann@example.com, zoe@example.com, cc@example.com,"
            " bcc@example.com"
        )
        assert failure(filled.one).startswith("expected one mail, found 2; sent were:\n  1. 'Hi'")
        assert failure(filled.none, to=BOB).startswith(
            "expected no mail with to='bob@example.com', found 1; sent were:"
        )
        assert failure(Mailbox().one) == "expected one mail, found 0; nothing was sent"

    def test_failures_of_a_mail(self, filled: Mailbox) -> None:
        """Show what there is in it."""
        mail = filled[1]
        told = failure(mail.link, "Buy")
        assert told.startswith("expected one link 'Buy' in <SentMail 'Your order' to ann@")
        assert "  Leave -> https://shop.example.com/stop" in told
        assert "found 2" in failure(mail.link, "")
        assert "  invoice.pdf -> application/pdf" in failure(mail.attachment, "x.pdf")
        bad = hello()
        bad.html = '<p>Hello <img src="https://example.com/a.png"></p>'
        with Mailbox() as mailbox:
            app_with_mail()[1].send(bad)
        assert "(missing-alt)" in failure(mailbox[0].lint)

    def test_many_mails_are_cut(self) -> None:
        """A failure is read, not searched."""
        _, mail = app_with_mail()
        with Mailbox() as mailbox:
            for number in range(50):
                mail.send(hello(subject=f"{number} {'x' * 300}"))
        told = failure(mailbox.none)
        assert told.splitlines()[-1] == "  (and 37 more)"
        assert max(map(len, told.splitlines())) <= 320

    def test_whatever_is_in_a_mail(self) -> None:
        """A failure stays short, says what it found, and holds no control characters."""
        _, mail = app_with_mail()
        link = '<a href="https://e.com/&#10;&#10;&#10;">A \x1b[31m</a>'
        people = [f"somebody{number}@example.com" for number in range(40)]
        with Mailbox() as mailbox:
            mail.send(Message("Hi" * 200, people, html=link * 12, sender=SENDER))
        sent = mailbox.one()
        for ask in (sent.link, sent.attachment):
            told = failure(ask, "nothing")
            assert "found 0; there are" in told
            assert not re.search(r"[\x00-\x09\x0b-\x1f]", told)
        assert "found 0; sent were" in failure(mailbox.one, text="x" * 5000, html="\n" * 5000)
        assert "and 35 more" in failure(mailbox.none)

    def test_an_unknown_field_is_an_error(self, filled: Mailbox) -> None:
        """`none(subjet=...)` would always hold."""
        for ask in (filled.one, filled.none, filled.all):
            with pytest.raises(TypeError, match="a mail has no 'subjet'; is 'subject' meant"):
                ask(subjet="Hi")

    def test_a_value_that_no_mail_has_is_an_error(self, filled: Mailbox) -> None:
        """`none(text=["Hello"])` would hold as well."""
        for wanted in ({"text": ["Hello"]}, {"subject": ("Hi",)}, {"to": None}, {"text": None},
                       {"to": [None]}, {"to": b"ann@example.com"}):  # fmt: skip
            with pytest.raises(TypeError, match="'.*' is asked for by a text or a pattern"):
                filled.none(**wanted)

    def test_an_empty_list_is_nobody(self, filled: Mailbox) -> None:
        """Not anybody."""
        assert filled.one(cc=[], subject="Hi").to == [BOB]
        filled.none(cc=[], subject="Your order")


class TestAddresses:
    """Of all the world."""

    def test_they_are_as_they_were_given(self) -> None:
        """Beyond ASCII, with commas in their names, by either name of a domain."""
        _, mail = app_with_mail()
        people = ['"Doe, Jane" <Jane@Example.com>', "jörg@example.com", "a@bücher.example"]
        with Mailbox() as mailbox:
            mail.send(Message("Hi", people, "Hello", sender=SENDER, bcc=[BOB]))
        sent = mailbox.one(to=["jane@example.com", "a@bücher.example", "a@xn--bcher-kva.example"])
        assert sent.to == ["Jane@Example.com", "jörg@example.com", "a@xn--bcher-kva.example"]
        assert sent.bcc == [BOB]
        mailbox.one(to="jörg@example.com", bcc=BOB)


class TestBrokenMail:
    """Fails the test that sends it, whatever that looks for."""

    @pytest.mark.parametrize(
        ("html", "told"),
        [
            ('<p>Hello <img src="cid:nothing" alt=""></p>', "broken-cid"),
            ('<p><a href="http://localhost:5000/x">Hello</a></p>', "local-link"),
            ("<p>Hello {{ name }}</p>", "template-left"),
        ],
    )
    def test_what_a_reader_would_see(self, html: str, told: str) -> None:
        """Where it is sent, with the way to mend it and the way to allow it."""
        message = hello()
        message.html = html
        _, mail = app_with_mail()
        with Mailbox() as mailbox:
            said = failure(mail.send, message)
            mailbox.allow(told)
            mail.send(message)
        assert "<SentMail 'Hi' to ann@example.com> is broken:" in said
        assert f'mailbox.allow("{told}")' in said

    def test_what_an_app_catches(self) -> None:
        """Fails the test all the same: a view answers 500 then, which few tests look at."""
        app, mail = app_with_mail()
        bad = hello()
        bad.html = "<p>Hello {{ name }}</p>"
        app.add_url_rule("/", "send", lambda: str(mail.send(bad)))

        def visit(and_then: Callable[[], object]) -> None:
            with Mailbox() as mailbox:
                assert app.test_client().get("/").status_code == 500
                mailbox.one()
                and_then()

        assert "is broken" in failure(visit, int)
        with pytest.raises(ZeroDivisionError):
            visit(lambda: 1 // 0)

    def test_what_cannot_be_sent(self) -> None:
        """An undefined name and a bad header are errors where they are made, as ever."""
        app = make_app({"m.txt": "{{ nobody }}"}, MAIL_URL="memory:")
        mail = Mail(app)
        with Mailbox(), pytest.raises(MessageError, match="'nobody' is undefined"):
            mail.send_email(ANN, "Hi", "m")
        with Mailbox(), pytest.raises(MessageError, match="line feed"):
            mail.send(hello(subject="a\nb"))


class TestHiddenFaults:
    """Of mail that a page could not send, when the page is a 500 and nobody looks at that."""

    @pytest.mark.parametrize("subject", ["Hi", "a\nb"])
    def test_they_fail_the_test(self, subject: str) -> None:
        """An undefined name, a bad header."""
        template = "{{ nobody }}" if subject == "Hi" else "x"
        app = make_app({"m.txt": template}, MAIL_URL="memory:")
        mail = Mail(app)
        app.add_url_rule("/", "send", lambda: mail.send_email(ANN, subject, "m").id)
        with pytest.raises(MessageError), Mailbox():
            assert app.test_client().get("/").status_code == 500

    def test_what_is_handled_is_none(self) -> None:
        """By the app, which tells its visitor, or by the test."""
        app = make_app({"m.txt": "x"}, MAIL_URL="memory:")
        mail = Mail(app)

        @app.get("/")
        def send() -> str:
            try:
                mail.send_email("no address", "Hi", "m")
            except MessageError:
                return "please check your address"
            return ""

        app.add_url_rule("/raises", "raises", lambda: mail.send_email("x y", "Hi", "m").id)
        with Mailbox():
            assert app.test_client().get("/").status_code == 200
            with pytest.raises(MessageError):
                mail.send_email("no address", "Hi", "m")
        app.testing = True
        with Mailbox(), pytest.raises(MessageError):
            app.test_client().get("/raises")


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


class TestApart:
    """No mail of somebody else."""

    def test_threads(self) -> None:
        """Those that begin while it is open are its own; those that were there are not."""
        _, mail = app_with_mail()
        go, gone = threading.Event(), threading.Event()

        def late() -> None:
            go.wait(5)
            mail.send(hello(subject="of an older test"))
            gone.set()

        app = make_app(MAIL_URL="memory:")
        other = Mail(app)
        app.testing = True
        del other
        with Mailbox() as first:
            older = threading.Thread(target=late)
            older.start()
            mine = threading.Thread(target=mail.send, args=(hello(),))
            mine.start()
            mine.join(5)
            assert first.one().subject == "Hi"
        mail._state().app.testing = True
        with Mailbox() as second:
            go.set()
            assert gone.wait(5)
            older.join(5)
            second.none()

    def test_a_task_that_outlives_its_test(self) -> None:
        """An event loop may go on from test to test."""
        _, mail = app_with_mail()
        loop = asyncio.new_event_loop()

        async def send_late(go: asyncio.Event) -> None:
            await go.wait()
            mail.send(hello(subject="of an older test"))

        async def begin(go: asyncio.Event) -> asyncio.Task[None]:
            return asyncio.create_task(send_late(go))

        go = asyncio.Event()
        with Mailbox() as first:
            task = loop.run_until_complete(begin(go))
        with Mailbox() as second:
            go.set()
            loop.run_until_complete(task)
            mail.send(hello())
        loop.close()
        first.none()
        assert second.one().subject == "Hi"

    def test_apps(self) -> None:
        """One that looks at one app sees no other's, and lets that go where it goes."""
        one, first = app_with_mail("one")
        app = make_app(MAIL_URL="memory:")
        app.name = "two"
        second = Mail(app)
        with Mailbox(one) as mailbox:
            first.send(hello(subject="of one"))
            assert second.send(hello(subject="of two")).relayed
        assert mailbox.one().app == "one"

    def test_current_app(self) -> None:
        """Is the app, in threads too."""
        app, mail = app_with_mail()
        with app.app_context(), Mailbox(current_app) as mailbox:
            thread = threading.Thread(target=mail.send, args=(hello(),))
            thread.start()
            thread.join(5)
        assert len(mailbox) == 1

    def test_within_each_other(self) -> None:
        """Both see it; the inner one holds it."""
        _, mail = app_with_mail()
        with Mailbox() as outer:
            with Mailbox() as inner:
                mail.send_later(hello())
            mail.send(hello(subject="after"))
        assert (len(outer), len(inner)) == (2, 1)

    def test_what_is_meant_to_leave_leaves(self) -> None:
        """MAIL_SUPPRESS_SEND=False, for the whole road to a server; it is seen too."""
        with SMTPServer() as server, Mailbox() as mailbox:
            app = make_app(MAIL_URL=server.url, MAIL_SUPPRESS_SEND=False)
            app.testing = True
            assert Mail(app).send(hello()).relayed
            assert server.mails[0].recipients == (ANN,)
        assert mailbox.one().to == [ANN]

    def test_what_is_held_never_leaves(self) -> None:
        """Also when it is delivered behind the block, where the app's mail is not suppressed."""
        with SMTPServer() as server:
            mail = Mail(make_app(MAIL_URL=server.url))
            with Mailbox() as mailbox:
                mailbox.hold()
                ticket = mail.send_later(hello())
            mailbox.deliver()
            assert ticket.wait(0).suppressed
            assert not server.mails

    def test_an_older_thread_mails_nobody(self) -> None:
        """A pool that outlives a test: its mail is in no mailbox, and does not leave either."""
        with SMTPServer() as server, ThreadPoolExecutor(1) as pool:
            mail = Mail(make_app(MAIL_URL=server.url))
            pool.submit(int).result()
            with Mailbox() as mailbox:
                assert pool.submit(mail.send, hello()).result().suppressed
                assert pool.submit(mail.send_later, hello()).result().wait(5).suppressed
            mailbox.none()
            assert not server.mails
