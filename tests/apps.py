"""Small Flask applications with mail, and what arrived, read by the standard library's parser."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from flask import Flask
from jinja2 import DictLoader

from flask_mailwright import Mail, Message, SealedMail
from flask_mailwright.testing import ReceivedMail
from flask_mailwright.transports.memory import MemoryTransport

SENDER = "flasky@example.com"
ANN, BOB = "ann@example.com", "bob@example.com"


def make_app(templates: Mapping[str, str] | None = None, **config: Any) -> Flask:
    """An application with these templates, a default sender, and no outbox if none is asked for."""
    app = Flask("flasky")
    app.config.update({"MAIL_DEFAULT_SENDER": SENDER, "MAIL_ENGINE": "threads", **config})
    app.jinja_loader = DictLoader(templates or {})
    return app


def make_mail(templates: Mapping[str, str] | None = None, **config: Any) -> tuple[Flask, Mail]:
    """Such an application with its Mail, which keeps all in memory if nothing else is said."""
    if "MAIL_SERVER" not in config:
        config = {"MAIL_URL": "memory:", **config}
    app = make_app(templates, **config)
    return app, Mail(app)


def kept(app: Flask) -> list[SealedMail]:
    """What an application with MAIL_URL=memory: has delivered."""
    transport = app.extensions["mailwright"].config.routes.over("")
    assert isinstance(transport, MemoryTransport)
    return transport.mails


def hello(to: str = ANN, subject: str = "Hi") -> Message:
    """A message that is in order."""
    return Message(subject, [to], "Hello")


def parsed(mail: SealedMail | ReceivedMail) -> EmailMessage:
    """What the standard library makes of it."""
    message = BytesParser(policy=default).parsebytes(mail.content)
    assert isinstance(message, EmailMessage)
    return message


def text_of(mail: SealedMail | ReceivedMail, kind: str = "plain") -> str:
    """The text part, or the html part, without the line end that every mail has."""
    part = parsed(mail).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")
