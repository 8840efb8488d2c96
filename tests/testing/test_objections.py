"""Mail that no reader could make sense of fails the test that sends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flask_mailwright import Mail, MessageError
from flask_mailwright.testing import Mailbox
from tests.apps import ANN, hello, make_app
from tests.testing.senders import app_with_mail, failure


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
