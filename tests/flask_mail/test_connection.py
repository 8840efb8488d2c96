"""`with mail.connect()`: loops as Flask-Mail's users write them, and hosts of their own."""

from __future__ import annotations

import smtplib
import ssl
from collections import Counter
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import DeliveryError, email_dispatched
from flask_mailwright.flask_mail import BadHeaderError, Connection, Mail, Message
from flask_mailwright.testing import SMTPServer
from tests.certificates import Certificates

ANN, BOB = "ann@example.com", "bob@example.com"


class Host:
    """Keeps what it is called with; `refused` is its answer."""

    def __init__(self, refused: Any = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.refused = refused
        self.quits = 0

    def sendmail(self, *arguments: Any) -> Any:
        """As smtplib's."""
        self.calls.append(arguments)
        if isinstance(self.refused, Exception):
            raise self.refused
        return self.refused

    def quit(self) -> None:
        """The end."""
        self.quits += 1


def app_at(server: SMTPServer, **config: Any) -> Flask:
    """An app whose relay this is."""
    app = Flask("shop")
    app.config.update(MAIL_SERVER=server.host, MAIL_PORT=server.port, MAIL_DEFAULT_SENDER=BOB)
    app.config.update(config)
    return app


def test_a_thousand_users_one_refused_and_a_goodbye_in_the_middle() -> None:
    """999 get it once each, one is an error, and the 421 is nobody's trouble."""
    users = [f"user{n}@example.com" for n in range(1000)]
    with SMTPServer() as server:
        server.refuse("rcpt", 550, address=users[333])
        server.refuse("mail", 421, after=600)
        app, failed = app_at(server), []
        mail = Mail(app)
        with app.app_context(), mail.connect() as connection:
            for user in users:
                message = Message("Hello", [user], "...")
                try:
                    connection.send(message)
                except smtplib.SMTPException as error:
                    failed.append((user, error))
        came = Counter(mail.recipients[0] for mail in server.mails)
        assert server.connections == 2
    assert came == Counter({user: 1 for user in users if user != users[333]})
    assert [user for user, _ in failed] == [users[333]]
    assert isinstance(failed[0][1], smtplib.SMTPRecipientsRefused)


def test_a_message_has_its_date_when_it_is_sent(mail: Mail) -> None:
    """And its sender before."""
    heard = []
    with (
        mail.record_messages() as outbox,
        email_dispatched.connected_to(lambda app, message: heard.append(message)),
    ):
        message = Message("Hi", [ANN], "Hello")
        with mail.connect() as connection:
            connection.send(message)
            connection.send_message(subject="Ho", recipients=[ANN], body="Hello")
            message.send(connection)
    assert message.date is not None
    assert [each.subject for each in outbox] == ["Hi", "Ho", "Hi"]
    assert outbox[1].sender == "support@example.com"
    assert len(heard) == 3
    assert connection.num_emails == 3


def test_a_host_of_ones_own_is_called_as_flask_mail_calls_it(mail: Mail) -> None:
    """Five positional arguments; the content is the message's."""
    message = Message("Hi", ["ÄÜÖ → ✓ <to@example.com>"], "Öö", sender=BOB)
    with mail.connect() as connection:
        connection.host = host = Host()
        connection.send(message)
    assert host.calls == [
        (
            BOB,
            ["=?utf-8?b?w4TDnMOWIOKGkiDinJM=?= <to@example.com>"],
            message.as_bytes(),
            message.mail_options,
            message.rcpt_options,
        )
    ]
    assert host.quits == 1


@pytest.mark.parametrize(
    "said",
    [
        {ANN: (550, b"no such user")},
        {f"Ann <{ANN}>": (550, "no such user")},
        smtplib.SMTPRecipientsRefused({ANN: (550, b"no such user")}),
    ],
)
def test_a_host_that_refuses_is_heard(mail: Mail, said: Any) -> None:
    """Whom it refused has an answer, alone or among others."""
    with mail.connect() as connection:
        connection.host = Host(said)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            connection.send(Message("Hi", [f"Ann <{ANN}>"], "Hello"))
        assert caught.value.recipients == {ANN: (550, b"no such user")}
        receipt = connection.send(Message("Hi", [ANN, BOB], "Hello"))
        assert [reply.address for reply in receipt.relayed] == [BOB]


@pytest.mark.parametrize(
    "error", [smtplib.SMTPDataError(552, b"too big"), smtplib.SMTPSenderRefused(552, b"no", BOB)]
)
def test_a_host_that_refuses_the_mail(mail: Mail, error: smtplib.SMTPResponseException) -> None:
    """Its answer is everybody's, and of the same class."""
    with mail.connect() as connection:
        connection.host = Host(error)
        with pytest.raises(type(error)) as caught:
            connection.send(Message("Hi", [ANN, BOB], "Hello"))
    assert isinstance(caught.value, DeliveryError)
    assert [reply.code for reply in caught.value.replies] == [552, 552]


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPNotSupportedError("SMTPUTF8"),
        smtplib.SMTPAuthenticationError(535, b"no"),
        ConnectionResetError("reset"),
        ValueError("the host's own"),
    ],
)
def test_what_else_a_host_raises_is_raised(mail: Mail, error: Exception) -> None:
    """Itself; a goodbye that fails is no error."""

    class Gone(Host):
        def quit(self) -> None:
            raise smtplib.SMTPServerDisconnected("gone")

    with mail.connect() as connection:
        connection.host = Gone(error)
        with pytest.raises(type(error)) as caught:
            connection.send(Message("Hi", [ANN], "Hello"))
    assert caught.value is error


def test_a_host_made_by_ours(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """`super().configure_host()` is smtplib's, with TLS that is verified, and the login."""

    class Own(Connection):
        def configure_host(self) -> Any:
            host = super().configure_host()
            host.set_debuglevel(0)
            return host

    users = {"ann": "secret"}
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))
    with SMTPServer(tls=certificates.good.context, users=users, require_auth=True) as server:
        app = app_at(server, MAIL_USE_TLS=True, MAIL_USERNAME="ann", MAIL_PASSWORD="secret")
        Mail(app)
        with app.app_context(), Own(app.extensions["mail"]) as connection:
            connection.send(Message("Hi", [ANN], "Hello"))
        assert server.mails[0].tls
        app.extensions["mail"].use_tls, app.extensions["mail"].use_ssl = False, True
        with app.app_context(), pytest.raises(ssl.SSLError), Own(app.extensions["mail"]):
            pass


def test_configure_host_of_a_subclass() -> None:
    """A real smtplib connection, renewed after MAIL_MAX_EMAILS; never for suppressed mail."""

    class Own(Connection):
        def configure_host(self) -> Any:
            return smtplib.SMTP(self.mail.server, int(self.mail.port or 25))

    with SMTPServer() as server:
        app = app_at(server, MAIL_MAX_EMAILS=2)
        Mail(app)
        with app.app_context():
            with Own(app.extensions["mail"]) as connection:
                for _ in range(3):
                    connection.send(Message("Hi", [ANN], "Hello"))
            assert (server.count, server.connections) == (3, 2)
            app.extensions["mail"].suppress = True
            with Own(app.extensions["mail"]) as connection:
                connection.send(Message("Hi", [ANN], "Hello"))
                assert connection.host is None
        assert server.count == 3


def test_staging_holds_for_a_host_of_ones_own() -> None:
    """Who may not get mail does not get it that way either."""
    app = Flask("shop")
    app.config.update(
        MAIL_DEFAULT_SENDER=BOB, MAIL_ALLOWED_RECIPIENTS=BOB, MAIL_REDIRECT_TO="qa@example.com"
    )
    mail = Mail(app)
    with app.app_context(), mail.connect() as connection:
        connection.host = host = Host()
        connection.send(Message("Hi", [ANN], "Hello"))
    assert [call[1] for call in host.calls] == [["qa@example.com"]]


def test_a_bad_message_leaves_the_connection_alone(mail: Mail) -> None:
    """The next one goes."""
    with mail.connect() as connection:
        with pytest.raises(BadHeaderError):
            connection.send(Message("a\n\r", [ANN], "Hello"))
        with pytest.raises(AssertionError):
            connection.send(Message("Hi", [], "Hello"))
        connection.send(Message("Hi", [ANN], "Hello"))


def test_where_bounces_go() -> None:
    """`envelope_from`, also as a pair."""
    with SMTPServer() as server:
        app = app_at(server)
        with app.app_context(), Mail(app).connect() as connection:
            connection.send(Message("Hi", [ANN], "Hello"), envelope_from="bounces@example.com")
            connection.send(Message("Hi", [ANN], "Hello"), ("Bounces", "bounces@example.com"))
        assert {mail.reverse_path for mail in server.mails} == {"bounces@example.com"}


def test_without_an_app_that_has_mail() -> None:
    """As Flask-Mail says it."""
    with Flask("bare").app_context(), pytest.raises(RuntimeError, match="was not configured"):
        Connection(None)
