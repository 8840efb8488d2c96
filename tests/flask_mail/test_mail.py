"""`Mail`, and the eleven settings at `app.extensions["mail"]` that users change as they go."""

from __future__ import annotations

import smtplib
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, current_app

from flask_mailwright import ConfigError
from flask_mailwright import Message as OurMessage
from flask_mailwright.flask_mail import Mail, Message, _Mail
from flask_mailwright.testing import SMTPServer

ANN, BOB = "ann@example.com", "bob@example.com"


def app_at(server: SMTPServer, **config: Any) -> Flask:
    """An app whose relay this is."""
    app = Flask("shop")
    app.config.update(MAIL_SERVER=server.host, MAIL_PORT=server.port, MAIL_DEFAULT_SENDER=BOB)
    app.config.update(config)
    return app


def test_the_settings_are_flask_mails(app: Flask, mail: Mail) -> None:
    """All eleven, in the state, at the extension, by init_mail and at `mail` itself."""
    state = app.extensions["mail"]
    assert vars(state) == {
        "server": "127.0.0.1",
        "username": None,
        "password": None,
        "port": 25,
        "use_tls": False,
        "use_ssl": False,
        "default_sender": "support@example.com",
        "debug": False,
        "max_emails": None,
        "suppress": True,
        "ascii_attachments": False,
    }
    made = mail.init_mail(app.config, app.debug, app.testing)
    assert vars(made) == vars(state)
    assert mail.state is state
    assert (mail.app, mail.suppress, mail.port) == (app, True, 25)
    with pytest.raises(AttributeError):
        mail.supress  # noqa: B018


def test_init_app_gives_the_state() -> None:
    """Without an app there is none."""
    mail, app = Mail(), Flask("shop")
    assert mail.state is None
    assert isinstance(mail.init_app(app), _Mail)
    assert mail.state is app.extensions["mail"]


def test_a_sender_that_is_changed(app: Flask, mail: Mail) -> None:
    """It is asked for when the message is sealed, if it has none itself."""
    bare = OurMessage("Hi", [ANN], "Hello")
    app.extensions["mail"].default_sender = "new@example.com"
    with SMTPServer() as server:
        app.extensions["mail"].suppress = False
        app.extensions["mail"].port = server.port
        mail.send(bare)
        assert server.mails[0].reverse_path == "new@example.com"


def test_a_relay_that_is_changed() -> None:
    """The next mail goes there, with all that was changed; and back again."""
    with SMTPServer() as first, SMTPServer(users={"ann": "secret"}, require_auth=True) as second:
        app = app_at(first)
        mail = Mail(app)
        state = app.extensions["mail"]
        with app.app_context():
            mail.send(Message("1", [ANN], "Hello"))
            state.port, state.username, state.password = second.port, "ann", "secret"
            mail.send(Message("2", [ANN], "Hello"))
            mail.send(Message("3", [ANN], "Hello"))
            state.port, state.username, state.password = first.port, None, None
            mail.send(Message("4", [ANN], "Hello"))
        assert (first.count, second.count, second.connections) == (2, 2, 1)
        mail.close()


def test_queued_mail_goes_to_the_relay_that_was_changed(tmp_path: Path) -> None:
    """The outbox asks when it delivers."""
    with SMTPServer() as first, SMTPServer() as second:
        app = app_at(first, MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/outbox.sqlite")
        mail = Mail(app)
        app.extensions["mail"].port = second.port
        with app.app_context():
            ticket = mail.send_later(Message("1", [ANN], "Hello"))
            assert ticket.wait(10).relayed
        mail.close()
        assert (first.count, second.count) == (0, 1)


def test_settings_that_cannot_work_are_told_when_a_mail_is_sent() -> None:
    """By the names of their keys."""
    with SMTPServer() as server:
        app = app_at(server)
        mail = Mail(app)
        mail.use_tls = mail.use_ssl = True
        with app.app_context(), pytest.raises(ConfigError, match="MAIL_USE_TLS and MAIL_USE_SSL"):
            mail.send(Message("1", [ANN], "Hello"))


@pytest.mark.parametrize("suppress", [True, "true"])
def test_suppression_that_is_changed(suppress: Any) -> None:
    """It holds for `send` and for `send_later`; words are understood."""
    with SMTPServer() as server:
        app = app_at(server)
        mail = Mail(app)
        app.extensions["mail"].suppress = suppress
        with app.app_context():
            assert mail.send(Message("1", [ANN], "Hello")).is_suppressed
            assert mail.send_later(Message("2", [ANN], "Hello")).wait(5).is_suppressed
            app.extensions["mail"].suppress = False
            assert mail.send(Message("3", [ANN], "Hello")).relayed
        assert server.count == 1


def test_testing_that_is_set_late() -> None:
    """Flask-Mail has decided at `init_app` and would send."""
    with SMTPServer() as server:
        app = app_at(server)
        mail = Mail(app)
        app.testing = True
        with app.app_context():
            assert mail.send(Message("1", [ANN], "Hello")).is_suppressed
        assert server.count == 0


def test_an_app_may_be_initialised_again() -> None:
    """Its keys are read again, as those do who change them in tests."""
    with SMTPServer() as first, SMTPServer() as second:
        app = app_at(first)
        mail = Mail(app)
        mail.init_app(app)
        app.config["MAIL_PORT"] = second.port
        Mail(app)
        with app.app_context():
            mail.send(Message("1", [ANN], "Hello"))
            assert app.extensions["mail"].port == second.port
        assert (first.count, second.count) == (0, 1)


def test_the_extension_sends_too() -> None:
    """As extensions do that look for it."""
    with SMTPServer() as server:
        app = app_at(server)
        Mail(app)
        with app.app_context():
            app.extensions["mail"].send(Message("1", [ANN], "Hello"))
            app.extensions["mail"].send_message("2", [ANN], "Hello")
            with app.extensions["mail"].connect() as connection:
                connection.send(Message("3", [ANN], "Hello"))
            app.extensions["mail"].suppress = True
            with app.extensions["mail"].record_messages() as outbox:
                app.extensions["mail"].send(Message("4", [ANN], "Hello"))
        assert server.count == 3
        assert [message.subject for message in outbox] == ["4"]
        with pytest.raises(RuntimeError, match="was not configured with Flask-Mail"):
            app.extensions["mail"].send(OurMessage("5", [ANN], "Hello", sender=BOB))


def test_other_settings_in_place_of_the_apps() -> None:
    """Whoever sets `extensions["mail"]` anew, or connects with settings of his own, is obeyed."""
    with SMTPServer() as first, SMTPServer() as second:
        app = app_at(first)
        mail = Mail(app)
        other = mail.init_mail({"MAIL_SERVER": second.host, "MAIL_PORT": second.port})
        with app.app_context():
            other.send(Message("1", [ANN], "Hello"))
            mail.send(Message("2", [ANN], "Hello"))
            other.default_sender = BOB
            app.extensions["mail"] = other
            mail.send(Message("3", [ANN], "Hello"))
        assert (first.count, second.count) == (1, 2)
        mail.close()


def test_current_app_is_an_app() -> None:
    """As many write it in a view."""
    app = Flask("shop")
    with app.app_context():
        mail = Mail(current_app)
        mail.init_app(current_app)
    assert mail.state is app.extensions["mail"]


def test_a_mail_of_nobody_sends_for_the_current_app(app: Flask, mail: Mail) -> None:
    """A module that makes one of its own."""
    with Mail().record_messages() as outbox:
        Mail().send(Message("Hi", [ANN], "Hello"))
    assert len(outbox) == 1
    assert Mail().state is app.extensions["mail"]


def test_recorders_need_no_app() -> None:
    """They are open before any is there, and while another takes its place."""
    mail, apps = Mail(), []
    with mail.record_messages() as outbox:
        for name in "one", "two":
            app = Flask(name)
            app.config.update(TESTING=True, MAIL_DEFAULT_SENDER=BOB)
            mail.init_app(app)
            mail.init_app(app)
            apps.append(app)
            with app.app_context():
                mail.send(Message(name, [ANN], "Hello"))
    assert [message.subject for message in outbox] == ["one", "two"]


def test_what_failed_was_not_sent() -> None:
    """So it is not recorded."""
    with SMTPServer() as server:
        server.refuse("rcpt", 550)
        app = app_at(server)
        mail = Mail(app)
        with app.app_context(), mail.record_messages() as outbox:
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                mail.send(Message("1", [ANN], "Hello"))
            assert outbox == []
            assert [receipt.error is None for receipt in mail.send_many([Message("2", [BOB])])]
        assert [message.subject for message in outbox] == ["2"]


def test_keys_that_cannot_work_leave_all_as_it_was() -> None:
    """When they are read again."""
    with SMTPServer() as server:
        app = app_at(server)
        mail = Mail(app)
        app.config["MAIL_PORT"] = "no number"
        with pytest.raises(ConfigError):
            mail.init_app(app)
        with app.app_context():
            mail.send(Message("1", [ANN], "Hello"))
        assert server.count == 1


def test_to_read_again_waits_for_nobody() -> None:
    """What was queued before is delivered all the same, by the former settings."""
    with SMTPServer(latency=0.3) as server:
        app = app_at(server, MAIL_ENGINE="threads")
        mail = Mail(app)
        with app.app_context():
            tickets = [mail.send_later(Message("1", [ANN], "Hello")) for _ in range(5)]
            began = time.monotonic()
            mail.init_app(app)
            assert time.monotonic() - began < 0.3
            assert all(ticket.wait(20).relayed for ticket in tickets)


def test_to_read_again_while_others_send() -> None:
    """Nobody finds the app without its mail."""
    with SMTPServer() as server:
        app = app_at(server)
        mail, trouble, over = Mail(app), [], threading.Event()

        def send() -> None:
            while not over.is_set():
                try:
                    with app.app_context():
                        mail.send(Message("1", [ANN], "Hello"))
                except Exception as error:  # noqa: BLE001 - it is the test's result
                    trouble.append(error)

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(30):
            Mail(app)
        over.set()
        for thread in threads:
            thread.join()
        mail.close()
    assert trouble == []


def test_settings_of_any_kind_are_obeyed() -> None:
    """Such as those of Flask-Mail itself, while both are installed; or none, or our Mail."""
    with SMTPServer() as first, SMTPServer() as second:
        app = app_at(first)
        mail = Mail(app)
        with app.app_context():
            app.extensions["mail"] = SimpleNamespace(**{**vars(mail.state), "suppress": True})
            assert mail.send(Message("1", [ANN], "Hello")).is_suppressed
            app.extensions["mail"] = mail
            mail.port = second.port
            mail.send(Message("2", [ANN], "Hello"))
            del app.extensions["mail"]
            mail.send(Message("3", [ANN], "Hello"))
        assert (first.count, second.count) == (0, 2)
        mail.close()


@pytest.mark.parametrize("name", ["debug", "max_emails"])
def test_how_a_relay_is_used_does_not_choose_another(name: str) -> None:
    """MAIL_URL stays, and so does the console of a developer."""
    app = Flask("shop")
    app.config.update(MAIL_URL="memory:", MAIL_DEFAULT_SENDER=BOB)
    mail = Mail(app)
    setattr(app.extensions["mail"], name, 1)
    assert mail.send(Message("1", [ANN], "Hello")).relayed[0].text == "kept in memory"


def test_no_password_in_a_repr_and_few_transports() -> None:
    """However often settings change."""
    with SMTPServer(users={f"u{n}": "s3cret-pw" for n in range(40)}) as server:
        app = app_at(server)
        mail = Mail(app)
        mail.password = "s3cret-pw"
        with app.app_context():
            for n in range(40):
                mail.username = f"u{n}"
                mail.send(Message("1", [ANN], "Hello"))
        assert "s3cret-pw" not in repr(app.extensions)
        assert "s3cret-pw" not in repr(app.extensions["mailwright"].changed)
        assert server.open_connections <= 20
        mail.close()


def test_what_was_set_counts_whatever_it_was_before() -> None:
    """TESTING came late, and somebody wants his mail sent all the same; a patch ends."""
    with SMTPServer() as server:
        app = app_at(server)
        mail = Mail(app)
        app.testing = True
        mail.suppress = False
        with app.app_context():
            assert mail.send(Message("1", [ANN], "Hello")).relayed
            del mail.suppress
            assert mail.send(Message("2", [ANN], "Hello")).is_suppressed
            mail.suppress = "perhaps"
            with pytest.raises(ConfigError, match="suppress must be true or false"):
                mail.send(Message("3", [ANN], "Hello"))


def test_a_subclass_may_have_such_names_before_it_is_made() -> None:
    """They are its own until there is an app."""

    class Own(Mail):
        def __init__(self) -> None:
            self.debug = False
            super().__init__()

    mail = Own()
    mail.suppress = True
    assert (mail.debug, mail.suppress) == (False, True)


@pytest.mark.parametrize(
    ("config", "sender"),
    [
        ({"MAIL_DEBUG": 2, "MAIL_MAX_EMAILS": 0, "MAIL_USE_TLS": 2}, ""),
        ({"MAIL_DEFAULT_SENDER": ("Admin", None)}, ""),
        ({"MAIL_DEFAULT_SENDER": ("a@x.org", "a@x.org")}, '"a@x.org" <a@x.org>'),
        ({"MAIL_DEFAULT_SENDER": "Acme (Sales) <a@x.org>"}, '"Acme (Sales)" <a@x.org>'),
        ({"MAIL_DEFAULT_SENDER": ["Acme", "a@x.org"]}, "Acme <a@x.org>"),
    ],
)
def test_a_configuration_that_flask_mail_takes(config: dict[str, Any], sender: str) -> None:
    """The app starts."""
    app = Flask("shop")
    app.config.update(TESTING=True, MAIL_SERVER="127.0.0.1", **config)
    mail = Mail(app)
    if sender:
        with app.app_context(), mail.record_messages() as outbox:
            mail.send(Message("1", [ANN], "Hello"))
        assert f"From: {sender}\r\n" in outbox[0].as_string()


def test_other_settings_let_nothing_out_under_testing(app: Flask, mail: Mail) -> None:
    """They know nothing of it themselves."""
    with SMTPServer() as server:
        other = mail.init_mail({"MAIL_SERVER": server.host, "MAIL_PORT": server.port})
        assert other.send(Message("1", [ANN], "Hello")).is_suppressed
        assert server.count == 0


def test_send_email_has_this_face_too(app: Flask, mail: Mail, tmp_path: Path) -> None:
    """All of ours is there."""
    (tmp_path / "hello.txt").write_text("Hello {{ name }}")
    app.template_folder = str(tmp_path)
    with mail.record_messages() as outbox:
        assert mail.send_email(ANN, "Hi", "hello", name="Ann").wait(5).is_suppressed
    assert outbox[0].body == "Hello Ann"
