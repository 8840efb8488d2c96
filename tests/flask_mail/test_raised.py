"""What `mail.send` raises is ours, and what Flask-Mail raised where the same went wrong."""

from __future__ import annotations

import pickle
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import DeliveryError
from flask_mailwright.flask_mail import Mail, Message
from flask_mailwright.testing import SMTPServer
from flask_mailwright.timing import Timing
from flask_mailwright.world import World
from tests.certificates import Certificates

ANN, BOB = "ann@example.com", "bob@example.com"
DEADLINE = {name: 0.4 for name in Timing._fields if name in ("reply", "content", "final_dot")}


def app_at(server: SMTPServer, **config: Any) -> Flask:
    """An app whose relay this is."""
    app = Flask("shop")
    app.config.update(MAIL_SERVER=server.host, MAIL_PORT=server.port, MAIL_DEFAULT_SENDER=BOB)
    app.config.update(config)
    return app


def raised_by(app: Flask, world: World | None = None) -> DeliveryError:
    """By a message to Ann."""
    mail = Mail(app, world=world)
    with app.app_context(), pytest.raises(DeliveryError) as caught:
        mail.send(Message("Hi", [ANN], "Hello"))
    return caught.value


FAULTS: dict[str, tuple[Callable[[SMTPServer], object], type[Exception], dict[str, Any]]] = {
    "greeting": (
        lambda server: server.refuse("banner", 554),
        smtplib.SMTPConnectError,
        {"smtp_code": 554, "smtp_error": b"5.0.0 refused on demand"},
    ),
    "hello": (
        lambda server: [server.refuse(stage, 550, times=None) for stage in ("ehlo", "helo")],
        smtplib.SMTPHeloError,
        {"smtp_code": 550},
    ),
    "sender": (
        lambda server: server.refuse("mail", 550),
        smtplib.SMTPSenderRefused,
        {"smtp_code": 550, "sender": BOB},
    ),
    "recipient": (
        lambda server: server.refuse("rcpt", 550),
        smtplib.SMTPRecipientsRefused,
        {"recipients": {ANN: (550, b"5.0.0 refused on demand")}},
    ),
    "later": (
        lambda server: server.refuse("rcpt", 450),
        smtplib.SMTPRecipientsRefused,
        {"recipients": {ANN: (450, b"4.0.0 refused on demand")}},
    ),
    "data": (
        lambda server: server.refuse("data", 451),
        smtplib.SMTPDataError,
        {"smtp_code": 451},
    ),
    "content": (
        lambda server: server.refuse("final_dot", 552),
        smtplib.SMTPDataError,
        {"smtp_code": 552},
    ),
    "closed": (lambda server: server.drop("mail"), smtplib.SMTPServerDisconnected, {}),
    "in doubt": (lambda server: server.drop("final_dot"), smtplib.SMTPServerDisconnected, {}),
    "late": (lambda server: server.stall("mail"), TimeoutError, {}),
    "late is disconnected": (
        lambda server: server.stall("mail"),
        smtplib.SMTPServerDisconnected,
        {},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_relay_that_fails(fault: str) -> None:
    """The class and its attributes are smtplib's, the sentence and the kind are ours."""
    place, kin, attributes = FAULTS[fault]
    with SMTPServer(chunking=False) as server:
        place(server)
        error = raised_by(app_at(server, MAIL_TIMING=DEADLINE if "late" in fault else {}))
    assert isinstance(error, kin)
    assert {name: getattr(error, name) for name in attributes} == attributes
    assert (error.kind == "in_doubt") == (fault == "in doubt")
    assert error.replies[0].address == ANN
    assert " " in str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        assert error.args[:2] == (error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        assert error.args == (error.recipients,)


def test_a_password_that_is_refused() -> None:
    """It is configuration, and the password is not in it."""
    with SMTPServer(users={"ann": "secret"}) as server:
        error = raised_by(app_at(server, MAIL_USERNAME="ann", MAIL_PASSWORD="wrong-one"))
    assert isinstance(error, smtplib.SMTPAuthenticationError)
    assert (error.smtp_code, error.kind) == (535, "configuration")
    assert "wrong-one" not in f"{error!s}{error!r}{error.__dict__}"


def test_what_the_relay_does_not_offer() -> None:
    """STARTTLS, for one."""
    with SMTPServer() as server:
        error = raised_by(app_at(server, MAIL_USE_TLS=True))
    assert isinstance(error, smtplib.SMTPNotSupportedError)


def test_a_mail_that_is_too_large() -> None:
    """As smtplib says it, though the relay was not asked."""
    with SMTPServer(size=100) as server:
        error = raised_by(app_at(server))
        assert not any(command.startswith("MAIL") for command in server.commands)
    assert isinstance(error, smtplib.SMTPSenderRefused)
    assert (error.smtp_code, error.sender) == (552, BOB)


def test_a_certificate_that_is_not_good(certificates: Certificates) -> None:
    """Flask-Mail does not look at it."""
    with SMTPServer(tls=certificates.good.context) as server:
        error = raised_by(app_at(server, MAIL_USE_TLS=True))
        assert server.logins == []
    assert isinstance(error, ssl.SSLCertVerificationError)
    assert error.kind == "configuration"
    assert error.verify_message
    assert str(error).startswith("smtp://")


def test_tls_where_there_is_none() -> None:
    """The modes do not match."""
    with SMTPServer() as server:
        assert isinstance(raised_by(app_at(server, MAIL_USE_SSL=True)), ssl.SSLError)


@pytest.mark.parametrize(
    ("system", "kin"),
    [
        (ConnectionRefusedError(111, "Connection refused"), ConnectionRefusedError),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), socket.gaierror),
        (TimeoutError("timed out"), TimeoutError),
        (OSError(101, "Network is unreachable"), OSError),
    ],
)
def test_no_connection(system: OSError, kin: type[OSError]) -> None:
    """As the system says it; not smtplib's, which means that a server has answered."""

    def connect(host: str, port: int, seconds: float) -> socket.socket:
        raise system

    with SMTPServer() as server:
        error = raised_by(app_at(server), World(connect=connect))
    assert isinstance(error, kin)
    assert not isinstance(error, smtplib.SMTPException)
    assert getattr(error, "errno", None) == system.errno
    assert error.__cause__ is system
    assert "smtp://" in str(error)


@pytest.mark.parametrize("fault", ["recipient", "sender", "closed", "late"])
def test_they_survive_pickling(fault: str) -> None:
    """With all that they answer."""
    with SMTPServer(chunking=False) as server:
        FAULTS[fault][0](server)
        error = raised_by(app_at(server, MAIL_TIMING=DEADLINE if "late" in fault else {}))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_one_of_two_is_no_error() -> None:
    """Flask-Mail loses the refused one; here the receipt has the answer."""
    with SMTPServer() as server:
        server.refuse("rcpt", 550, address=ANN)
        app = app_at(server)
        receipt = Mail(app).send(Message("Hi", [ANN, BOB], "Hello"))
    assert [reply.address for reply in receipt.failed] == [ANN]
    with pytest.raises(DeliveryError):
        receipt.raise_for_failure()
