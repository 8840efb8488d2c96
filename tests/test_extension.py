"""`Mail`: which app a call means, composing and sending."""

import gc
import logging
import threading
import weakref
from typing import Any

import pytest
from flask import Blueprint, Flask, g, url_for

from flask_mailwright import (
    Address,
    DeliveryError,
    Mail,
    MailError,
    Message,
    MessageError,
    email_dispatched,
)
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, SENDER, hello, kept, make_app, make_mail, parsed, text_of

WELCOME = {
    "mail/welcome.txt": "{% block subject %}Welcome, {{ name }}{% endblock %}\nHello {{ name }}",
    "mail/welcome.html": "<p>Hello {{ name }}</p>",
}


class Person:
    """A person of the application."""

    def __init__(self, email: str, name: str = "", locale: str | None = None) -> None:
        self.email, self.name, self.locale = email, name, locale


class TestWhichApp:
    """The current app if it is this Mail's, else the only one."""

    def test_no_app_is_needed_outside_of_a_request(self) -> None:
        """A script and any thread may send; the only app is meant."""
        app, mail = make_mail(WELCOME)
        mail.send(mail.compose(ANN, None, "mail/welcome", name="Ann"))
        thread = threading.Thread(target=mail.send, args=[hello()])
        thread.start()
        thread.join()
        assert [parsed(one)["Subject"] for one in kept(app)] == ["Welcome, Ann", "Hi"]

    def test_two_apps_need_a_context(self) -> None:
        """The sentence names both ways out, and inside a context each app has its own."""
        mail = Mail()
        apps = [make_app(MAIL_URL="memory:", MAIL_SUBJECT_PREFIX=name) for name in "ab"]
        for app in apps:
            mail.init_app(app)
            app.jinja_loader = make_app({"m.txt": "x"}).jinja_loader
        with pytest.raises(RuntimeError, match=r"init_app\(app\).*with app\.app_context\(\)"):
            mail.send(hello())
        for app in apps:
            with app.app_context():
                mail.send(mail.compose(ANN, "!", "m"))
        assert [[one.subject for one in kept(app)] for app in apps] == [["a!"], ["b!"]]

    def test_a_mail_that_was_never_initialised(self) -> None:
        """It says so when it is used, not when it is made."""
        with pytest.raises(RuntimeError, match="does not know which app is meant"):
            Mail().send(hello())

    def test_another_apps_context_does_not_matter(self) -> None:
        """A Mail that knows one app means that one."""
        app, mail = make_mail()
        with Flask("other").app_context():
            mail.send(hello())
        assert len(kept(app)) == 1

    def test_two_mails_in_two_apps(self) -> None:
        """Each delivers its own, also from within a request of the other."""
        (one, one_mail), (two, two_mail) = make_mail(), make_mail()
        with one.test_request_context():
            two_mail.send(hello())
            one_mail.send(hello())
            one_mail.send(hello())
        assert (len(kept(one)), len(kept(two))) == (2, 1)

    def test_a_second_mail_for_the_same_app_is_refused(self) -> None:
        """Two would send everything over different connections and engines."""
        app, mail = make_mail()
        with pytest.raises(RuntimeError, match="has a Mail already"):
            Mail(app)
        with pytest.raises(RuntimeError, match="has a Mail already"):
            mail.init_app(app)

    def test_the_application_factory(self) -> None:
        """One global Mail; an app that a test has thrown away is forgotten."""
        mail = Mail()

        def create_app() -> Flask:
            app = make_app(MAIL_URL="memory:")
            mail.init_app(app)
            return app

        first = create_app()
        mail.send_later(hello()).wait(5)
        mail.close()
        gone = weakref.ref(first)
        del first
        gc.collect()
        assert gone() is None
        app = create_app()
        mail.send(hello())
        assert len(kept(app)) == 1

    def test_the_app_that_it_was_made_for_stays(self) -> None:
        """In a script nothing else may hold it."""
        mail = Mail(make_app(MAIL_URL="memory:"))
        gc.collect()
        assert mail.send(hello()).relayed

    def test_extensions_mail_is_taken_only_if_free(self) -> None:
        """Another extension's place is respected."""
        app = make_app(MAIL_URL="memory:")
        app.extensions["mail"] = other = object()
        Mail(app)
        assert app.extensions["mail"] is other
        app, mail = make_mail()
        assert app.extensions["mail"] is mail


class TestCompose:
    """Templates and people become a Message."""

    @pytest.mark.parametrize(
        ("to", "shown"),
        [
            ("ann@example.com", "ann@example.com"),
            ("Ann B. <ann@example.com>", '"Ann B." <ann@example.com>'),
            (("Ann, Inc.", ANN), '"Ann, Inc." <ann@example.com>'),
            ((None, ANN), ANN),
            (Address("Ann", ANN), "Ann <ann@example.com>"),
            (Person(ANN, "Ann"), "Ann <ann@example.com>"),
            (Person(ANN), ANN),
            ([], None),
            ([ANN, ("Bob", BOB), Person("c@example.com")],
             "ann@example.com, Bob <bob@example.com>, c@example.com"),
            ((address for address in (ANN, BOB)), "ann@example.com, bob@example.com"),
            ({ANN: 1}.keys(), ANN),
        ],
    )  # fmt: skip
    def test_to(self, to: Any, shown: str | None) -> None:
        """An address in any form, or an iterable of them: one mail whose recipients see each."""
        app, mail = make_mail(WELCOME)
        message = mail.compose(to, None, "mail/welcome", name="Ann")
        message.bcc = [BOB]
        mail.send(message)
        assert parsed(kept(app)[0])["To"] == shown

    @pytest.mark.parametrize("to", [(ANN, BOB), 5, None, b"ann@example.com", "a@b.c, d@e.f"])
    def test_to_that_is_no_address(self, to: Any) -> None:
        """A pair of addresses is not (name, address), and nothing is guessed."""
        app, mail = make_mail(WELCOME)
        with pytest.raises(MessageError):
            mail.send_email(to, None, "mail/welcome", name="Ann")
        assert kept(app) == []

    def test_a_persons_language_goes_with_the_message(self) -> None:
        """`.locale` of the one person it is for."""
        _, mail = make_mail(WELCOME)
        message = mail.compose(Person(ANN, locale="de"), None, "mail/welcome", name="Ann")
        assert message.locale == "de"
        assert mail.compose([ANN], None, "mail/welcome", name="Ann").locale is None

    def test_every_context_name_is_free(self) -> None:
        """`to`, `subject` and `template` are the user's too; `self` stays Jinja's own."""
        source = "{{ to }} {{ subject }} {{ template }} {{ message }}"
        app, mail = make_mail({"m.txt": source})
        context = {"to": 1, "subject": 2, "template": 3, "message": 4, "self": 5}
        mail.send_email(ANN, "S", "m", **context).wait(5)
        assert text_of(kept(app)[0]) == "1 2 3 4"

    def test_a_subject_given_wins(self) -> None:
        """The block is not in the body all the same, and the prefix goes in front."""
        app, mail = make_mail(WELCOME, MAIL_SUBJECT_PREFIX="[Flasky] ")
        mail.send(mail.compose(ANN, "Hi", "mail/welcome", name="Ann"))
        mail.send(mail.compose(ANN, None, "mail/welcome", name="Ann"))
        mail.send(mail.compose(ANN, "", "mail/welcome", name="Ann"))
        mail.send(hello())
        subjects = [parsed(one)["Subject"] for one in kept(app)]
        assert subjects == ["[Flasky] Hi", "[Flasky] Welcome, Ann", "[Flasky] ", "Hi"]
        assert {text_of(one) for one in kept(app)[:3]} == {"Hello Ann"}

    def test_no_subject_at_all(self) -> None:
        """The sentence says where to write one."""
        _, mail = make_mail({"m.txt": "x"})
        with pytest.raises(MessageError, match=r"put {% block subject %} into m$"):
            mail.compose(ANN, None, "m")

    def test_a_line_end_in_a_value_of_the_subject_is_refused(self) -> None:
        """It could begin another header field."""
        app, mail = make_mail(WELCOME)
        with pytest.raises(MessageError, match="subject holds a line feed"):
            mail.send_email(ANN, None, "mail/welcome", name="Ann\nBcc: eve@example.com\nx")
        assert kept(app) == []

    def test_both_parts_arrive(self) -> None:
        """Text and HTML of one template name, markup of a value escaped in HTML only."""
        app, mail = make_mail(WELCOME)
        mail.send_email(ANN, None, "mail/welcome", name="<Ann>").wait(5)
        (one,) = kept(app)
        assert text_of(one) == "Hello <Ann>"
        assert text_of(one, "html") == "<p>Hello &lt;Ann&gt;</p>"
        assert parsed(one)["From"] == SENDER

    def test_what_the_application_gives_its_templates(self) -> None:
        """Context processors, also a blueprint's, globals, filters, `g` and `config`."""
        app, mail = make_mail({"m.txt": "{{ site }} {{ shout }} {{ 1|double }} {{ g.x }} {{ b }}"})
        app.context_processor(lambda: {"site": "Flasky", "shout": "no"})
        app.jinja_env.filters["double"] = lambda number: number * 2
        blueprint = Blueprint("users", __name__)
        blueprint.context_processor(lambda: {"b": "blue"})

        @blueprint.route("/")
        def index() -> str:
            g.x = "g"
            message = mail.compose(ANN, "S", "m", shout="yes")
            return message.body or ""

        app.register_blueprint(blueprint)
        assert app.test_client().get("/").text == "Flasky yes 2 g blue"

    def test_url_for(self) -> None:
        """Always absolute; where nobody knows the host, the error names both ways out."""
        app, mail = make_mail({"m.txt": "{{ url_for('index') }}"})

        @app.route("/here")
        def index() -> str:
            assert url_for("index") == "/here"
            return mail.compose(ANN, "S", "m").body or ""

        assert app.test_client().get("/here").text == "http://localhost/here"
        with pytest.raises(MessageError, match=r"MAIL_BASE_URL=.* url_for\(..., _external=True\)"):
            mail.compose(ANN, "S", "m")

    def test_templates_are_read_again_when_the_app_says_so(self, tmp_path: Any) -> None:
        """TEMPLATES_AUTO_RELOAD goes for mail too."""
        app = Flask("flasky", template_folder=str(tmp_path))
        app.config.update(MAIL_URL="memory:", TEMPLATES_AUTO_RELOAD=True)
        mail = Mail(app)
        for text in ("one", "second"):
            (tmp_path / "m.txt").write_text(text)
            assert mail.compose(ANN, "S", "m").body == text


class TestSend:
    """`send`: now, in this thread, with an answer for each recipient."""

    def test_a_receipt_tells_who_was_reached(self) -> None:
        """With the relay's own reply, and the Message-ID that left."""
        with SMTPServer() as server:
            _, mail = make_mail(MAIL_URL=server.url)
            receipt = mail.send(Message("Hi", [ANN], "Hello", bcc=[BOB]))
            (arrived,) = server.mails
        assert [reply.address for reply in receipt.relayed] == [ANN, BOB]
        assert {reply.code for reply in receipt.replies} == {250}
        assert receipt.error is None
        assert parsed(arrived)["Message-ID"] == receipt.message_id
        assert (parsed(arrived)["To"], parsed(arrived)["Bcc"]) == (ANN, None)

    def test_nobody_reached_raises(self) -> None:
        """The error tells kind, stage and each reply, and the signal is not sent."""
        dispatched: list[Message] = []
        with SMTPServer() as server:
            app, mail = make_mail(MAIL_URL=server.url)
            server.refuse("rcpt", 550, times=None)
            with (
                email_dispatched.connected_to(lambda app, message: dispatched.append(message), app),
                pytest.raises(DeliveryError) as caught,
            ):
                mail.send(Message("Hi", [ANN, BOB], "Hello"))
        error = caught.value
        assert (error.kind, error.stage, dispatched) == ("permanent", "rcpt", [])
        assert [(reply.address, reply.code) for reply in error.replies] == [(ANN, 550), (BOB, 550)]

    def test_a_part_reached_returns_and_warns(self, caplog: pytest.LogCaptureFixture) -> None:
        """Who was not is in the Receipt, in the log, and an error if one asks for it."""
        with SMTPServer() as server:
            _, mail = make_mail(MAIL_URL=server.url)
            server.refuse("rcpt", 450, address=BOB)
            receipt = mail.send(Message("Hi", [ANN, BOB], "Hello"))
        assert [reply.address for reply in receipt.relayed] == [ANN]
        assert [(reply.address, reply.transient) for reply in receipt.failed] == [(BOB, True)]
        (line,) = caplog.records
        assert line.levelname == "WARNING"
        assert "relayed to 1 of 2 recipients; temporary at stage rcpt" in line.getMessage()
        with pytest.raises(DeliveryError, match="1 of 2 recipients not reached"):
            receipt.raise_for_failure()

    def test_no_relay(self) -> None:
        """Temporary, at the stage where it failed."""
        _, mail = make_mail(MAIL_URL="smtp://127.0.0.1:1")
        with pytest.raises(DeliveryError) as caught:
            mail.send(hello())
        assert (caught.value.kind, caught.value.stage) == ("temporary", "connect")

    def test_a_message_sent_twice_is_two_mails(self) -> None:
        """Each has a Message-ID of its own, unless the user has set one."""
        app, mail = make_mail()
        message = hello()
        first, second = mail.send(message), mail.send(message)
        assert first.message_id != second.message_id
        assert message.msgId is None
        message.msgId = "<mine@example.com>"
        assert mail.send(message).message_id == mail.send(message).message_id == message.msgId
        assert len({one.id for one in kept(app)}) == 4

    def test_send_message(self) -> None:
        """Flask-Mail's short form."""
        app, mail = make_mail()
        mail.send_message("Hi", recipients=[ANN], body="Hello")
        assert parsed(kept(app)[0])["Subject"] == "Hi"

    def test_an_unknown_route(self) -> None:
        """A message that asks for one is refused, never sent over another relay."""
        _, mail = make_mail()
        message = hello()
        message.route = "bulk"
        with pytest.raises(
            MessageError, match="route 'bulk' is not in MAIL_ROUTES, which has no route yet"
        ):
            mail.send(message)


class TestSendLater:
    """`send_later` and `send_email`: checked and sealed now, delivered by the engine."""

    def test_the_caller_does_not_wait(self) -> None:
        """The relay is as slow as it likes; the ticket tells how it ended."""
        with SMTPServer(latency=0.1) as server:
            _, mail = make_mail(WELCOME, MAIL_URL=server.url)
            ticket = mail.send_email(ANN, None, "mail/welcome", name="Ann")
            assert ticket.status() in ("queued", "sending")
            assert server.count == 0
            receipt = ticket.wait(5)
            assert (ticket.status(), receipt.relayed[0].address) == ("done", ANN)
            assert mail.ticket(ticket.id) is ticket
            mail.close()

    def test_a_broken_message_raises_at_once(self) -> None:
        """With all faults, in the view that wrote it."""
        app, mail = make_mail(MAIL_DEFAULT_SENDER=None)
        with pytest.raises(MessageError) as caught:
            mail.send_later(Message("a\nb", ["x"], "Hello"))
        assert len(caught.value.faults) == 3
        assert mail.flush(5)
        assert kept(app) == []

    def test_a_ticket_nobody_knows(self) -> None:
        """It may be too old, or another process's."""
        _, mail = make_mail()
        with pytest.raises(MailError, match="no mail '123' is known") as caught:
            mail.ticket("123")
        assert caught.value.kind == "invalid"

    def test_flush_waits_for_all(self) -> None:
        """False when the time was too short."""
        with SMTPServer(latency=0.1) as server:
            _, mail = make_mail(MAIL_URL=server.url)
            mail.send_later(hello())
            assert mail.flush(0.01) is False
            assert mail.flush() is True
            assert server.count == 1
            mail.close()

    def test_flush_of_an_engine_that_keeps_nothing(self) -> None:
        """Nothing waits, so nothing is left."""
        _, mail = make_mail(MAIL_ENGINE="inline")
        assert mail.send_later(hello()).status() == "done"
        assert mail.flush(0) is True
        mail.close()

    def test_send_many_later(self, caplog: pytest.LogCaptureFixture) -> None:
        """A ticket each, in order; one that is refused has a failed one."""
        app, mail = make_mail()
        tickets = list(mail.send_many_later([hello(), Message("no recipients"), hello()]))
        receipts = [ticket.wait(5) for ticket in tickets]
        assert [ticket.status() for ticket in tickets] == ["done", "failed", "done"]
        assert isinstance(receipts[1].error, MessageError)
        assert len(kept(app)) == 2
        with pytest.raises(MessageError, match="priority 'soon' must be one of"):
            mail.send_many_later([], priority="soon")  # type: ignore[arg-type]
        said = [line.partition(":")[0] for line in caplog.messages]
        assert said == ["a message of send_many_later does not go out"]
        mail.close()

    def test_what_is_no_message_is_refused(self) -> None:
        """With a sentence, not with an AttributeError from the depths."""
        _, mail = make_mail()
        with pytest.raises(MessageError, match="str is no Message"):
            mail.send("hello")  # type: ignore[arg-type]
        with pytest.raises(MessageError, match="bytes is no address"):
            mail.send(Message("Hi", [b"ann@example.com"], "Hello"))  # type: ignore[list-item]

    def test_a_log_handler_that_raises_makes_no_false_failure(self) -> None:
        """After the 250 nothing can raise: who believes it failed would send it again."""

        class Full(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                raise OSError("no space left on device")

        app, mail = make_mail()
        logger, handler = logging.getLogger("flask_mailwright"), Full()
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            assert mail.send(hello()).relayed
            assert mail.send_later(hello()).wait(5).relayed
            assert mail.flush(5)
        finally:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
        assert len(kept(app)) == 2

    def test_send_many_later_that_nobody_reads(self, caplog: pytest.LogCaptureFixture) -> None:
        """It is told, for nothing was sent."""
        _, mail = make_mail()
        mail.send_many_later([hello()])
        gc.collect()
        assert caplog.messages == [
            "send_many_later was called and never read, so nothing went:"
            " write `for ... in mail.send_many_later(...)`"
        ]
