"""The usual mistakes of the first day: each error names the setting and the mending."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask
from jinja2 import DictLoader

from flask_mailwright import Mail, MailError, Message
from flask_mailwright.testing import SMTPServer
from flask_mailwright.world import World, dial
from tests.apps import ANN, SENDER
from tests.certificates import Certificates

SECRET = "hunter2"
QUICK = {"reply": 0.5, "connect": 2}


def told(world: World | None = None, **config: Any) -> str:
    """What an app with these keys says, at once or when it sends."""
    app = Flask("shop")
    app.config.update({"MAIL_DEFAULT_SENDER": SENDER, "MAIL_TIMING": QUICK, **config})
    with pytest.raises(MailError) as caught:
        Mail(app, world=world).send(Message("Hi", [ANN], "Hello"))
    return checked(str(caught.value))


def checked(text: str) -> str:
    """Short, and without the secret."""
    assert len(text.splitlines()) <= 3, text
    assert SECRET not in text
    return text


def at(server: SMTPServer, **more: Any) -> dict[str, Any]:
    """The keys of its relay."""
    return {"MAIL_SERVER": "localhost", "MAIL_PORT": server.port, **more}


@pytest.mark.parametrize(
    ("host", "advice"),
    [
        ("mail.example.com", "check MAIL_USERNAME and MAIL_PASSWORD"),
        ("smtp.gmail.com", "Gmail takes an app password here"),
        ("smtp.gmail.com", "MAIL_OAUTH2_TOKEN"),
        ("smtp.office365.com", "Microsoft has ended logins with a password"),
        ("smtp-mail.outlook.com", "MAIL_OAUTH2_TOKEN"),
    ],
)
def test_a_wrong_password(host: str, advice: str) -> None:
    """Each provider has its own way out."""
    with SMTPServer(users={"ann": "other"}) as server:
        world = World(connect=lambda _host, _port, seconds: dial("127.0.0.1", server.port, seconds))
        url = f"smtp://ann:{SECRET}@{host}?tls=none&auth=plaintext"
        assert advice in told(world, MAIL_URL=url)


def test_starttls_at_the_port_of_tls(certificates: Certificates) -> None:
    """Port 465: both wait for the other to begin."""
    with SMTPServer(tls=certificates.good.context, implicit_tls=True) as server:
        text = told(**at(server, MAIL_USE_TLS=True))
    assert "MAIL_USE_SSL" in text
    assert "465" in text


def test_tls_at_the_port_of_starttls() -> None:
    """Port 587."""
    with SMTPServer() as server:
        text = told(**at(server, MAIL_USE_SSL=True))
    assert "MAIL_USE_TLS" in text
    assert "587" in text


def test_a_server_that_is_down() -> None:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    text = told(MAIL_SERVER="127.0.0.1", MAIL_PORT=port)
    assert "refused the connection" in text
    assert "MAIL_SERVER, MAIL_PORT" in text


def test_a_host_that_does_not_exist() -> None:
    """As the resolver says."""
    text = told(MAIL_SERVER="mail.no-such-host.invalid")
    assert "there is no host of that name" in text or "cannot be reached" in text
    assert "MAIL_SERVER" in text


@pytest.mark.parametrize("word", ["False", "false", "0", "no", "off"])
def test_words_of_the_environment_are_understood(word: str) -> None:
    """The word False is false, and no mistake at all."""
    with SMTPServer() as server:
        app = Flask("shop")
        app.config.update(at(server, MAIL_USE_TLS=word, MAIL_USE_SSL=word, MAIL_SUPPRESS_SEND=word))
        Mail(app).send(Message("Hi", [ANN], "Hello", sender=SENDER))
        assert not server.mails[0].tls


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"MAIL_USE_TLS": True, "MAIL_USE_SSL": True}, "MAIL_USE_TLS and MAIL_USE_SSL are both"),
        ({"MAIL_PORT": "smtp"}, "MAIL_PORT must be a number from 1 to 65535"),
        ({"MAIL_PORT": 70000}, "MAIL_PORT must be a number from 1 to 65535"),
        ({"MAIL_SERVER": "smtp.example.com:587"}, "the port goes into MAIL_PORT"),
        ({"MAIL_USE_TLS": "maybe"}, "MAIL_USE_TLS must be true or false"),
        ({"MAIL_ENGINE": "cellery"}, "MAIL_ENGINE must be"),
        ({"MAIL_USERNAME": "ann"}, "MAIL_PASSWORD is not; a login needs both"),
        ({"MAIL_USERNAME": "ann", "MAIL_PASSWORD": 12345}, "MAIL_PASSWORD must be text"),
        ({"MAIL_SERVER": "mail.example.com", "MAIL_USERNAME": "ann", "MAIL_PASSWORD": SECRET},
         "set MAIL_USE_TLS (port 587)"),
        ({"MAIL_URL": f"smtp://ann:{SECRET}@"}, "there is no valid host name in it"),
        ({"MAIL_DEFAULT_SENDER": ""}, "set MAIL_DEFAULT_SENDER or message.sender"),
    ],
)  # fmt: skip
def test_settings_that_cannot_work(config: dict[str, Any], words: str) -> None:
    """Told when the app starts, or at the latest with the first mail."""
    assert words in told(**config)


def test_a_certificate_of_another_name(certificates: Certificates) -> None:
    """The setting is the name one connects to."""
    with SMTPServer(tls=certificates.wrong_host.context) as server:
        config = at(server, MAIL_USE_TLS=True, MAIL_TLS_CA_FILE=str(certificates.ca_file))
        text = told(**config)
    assert "MAIL_SERVER" in text
    assert "certificate" in text


def test_a_relay_that_wants_a_login() -> None:
    """And none is configured."""
    with SMTPServer(users={"ann": SECRET}, require_auth=True) as server:
        text = told(**at(server))
    assert "MAIL_USERNAME and MAIL_PASSWORD" in text


def test_a_template_that_is_not_there() -> None:
    """Both names that were looked for; a suffix that is too much is told."""
    app = Flask("shop")
    app.config.update(MAIL_DEFAULT_SENDER=SENDER, MAIL_URL="memory:")
    app.jinja_loader = DictLoader({"mail/hello.txt": "Hello"})
    mail = Mail(app)
    with pytest.raises(MailError) as missing:
        mail.send_email(ANN, "Hi", "mail/helo")
    with pytest.raises(MailError) as suffix:
        mail.send_email(ANN, "Hi", "mail/hello.txt")
    assert "mail/helo.txt" in checked(str(missing.value))
    assert "mail/helo.html" in str(missing.value)
    assert "suffix" in checked(str(suffix.value))


def test_an_extra_that_is_not_installed() -> None:
    """The line that installs it."""
    program = """
import sys
sys.modules["sqlalchemy"] = None
from flask import Flask
from flask_mailwright import Mail, Message
app = Flask("shop")
app.config.update(
    MAIL_OUTBOX_URL="postgresql+psycopg://u:hunter2@localhost/x",
    MAIL_DEFAULT_SENDER="a@example.com",
)
try:
    Mail(app).send_later(Message("Hi", ["b@example.com"], "Hello"))
except Exception as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert "pip install 'flask-mailwright[sqlalchemy]'" in checked(done.stdout.strip())
