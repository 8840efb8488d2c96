"""What a mailbox is asked, and what it says when that is not there."""

from __future__ import annotations

import re

import pytest
from flask import Flask, request, session

from flask_mailwright import Message
from flask_mailwright.testing import Mailbox
from tests.apps import ANN, BOB, SENDER, hello
from tests.testing.senders import app_with_mail, failure

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
