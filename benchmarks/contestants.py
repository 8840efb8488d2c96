"""Who sends: each makes its messages as it goes, over the connections it would use in an app.

A contestant is told where the relay is and what to send, and gives what is then clocked: it begins
and ends without a connection. It raises when a mail did not go.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import flask_mail
import flask_mailman
from flask import Flask

from benchmarks.drafts import SENDER, Draft
from benchmarks.messages import flask_mail_message, flask_mailman_message, our_message
from flask_mailwright import Mail
from flask_mailwright.sealing import Origin

LOGIN = {"MAIL_USERNAME": "flasky", "MAIL_PASSWORD": "correct horse"}


@dataclass(frozen=True)
class Where:
    """On 127.0.0.1; with a `ca_file` it wants STARTTLS and a login."""

    port: int
    ca_file: str = ""


@dataclass(frozen=True)
class Load:
    draft: Callable[[int], Draft]
    numbers: range

    def __iter__(self) -> Iterator[Draft]:
        return map(self.draft, self.numbers)


Contestant = Callable[[Where, Load], Callable[[], None]]


def app_for(where: Where, **config: Any) -> Flask:
    """As in production: neither debugging nor testing."""
    app = Flask("benchmark")
    app.config.update(MAIL_DEFAULT_SENDER=str(SENDER), MAIL_SUPPRESS_SEND=False, **config)
    if "MAIL_URL" not in config:
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=where.port)
    if where.ca_file:
        app.config.update(LOGIN, MAIL_USE_TLS=True)
    return app


def flask_mail_send(where: Where, load: Load) -> Callable[[], None]:
    app = app_for(where)
    mail = flask_mail.Mail(app)

    def run() -> None:
        for draft in load:
            with app.app_context():
                mail.send(flask_mail_message(draft))

    return run


def flask_mail_connect(where: Where, load: Load) -> Callable[[], None]:
    app = app_for(where)
    mail = flask_mail.Mail(app)

    def run() -> None:
        with app.app_context(), mail.connect() as connection:
            for draft in load:
                connection.send(flask_mail_message(draft))

    return run


def flask_mailman_connection(where: Where, load: Load) -> Callable[[], None]:
    app = app_for(where)
    mail = flask_mailman.Mail(app)

    def run() -> None:
        with app.app_context(), mail.get_connection() as connection:
            connection.send_messages(map(flask_mailman_message, load))

    return run


def raw_smtplib(where: Where, load: Load) -> Callable[[], None]:
    """Composes nothing: what smtplib alone takes."""
    origin = Origin("app", SENDER)
    ready = [(draft.recipient, our_message(draft).seal(origin).content) for draft in load]

    def run() -> None:
        with smtplib.SMTP("127.0.0.1", where.port) as client:
            for recipient, content in ready:
                client.sendmail(SENDER.spec, [recipient], content)

    return run


def our_send(where: Where, load: Load) -> Callable[[], None]:
    app = app_for(where, MAIL_TLS_CA_FILE=where.ca_file or None)
    mail = Mail(app)

    def run() -> None:
        for draft in load:
            with app.app_context():
                mail.send(our_message(draft))
        mail.close()

    return run


def our_send_many(where: Where, load: Load, connections: int) -> Callable[[], None]:
    url = f"smtp://127.0.0.1:{where.port}?pool={connections}"
    app = app_for(where, MAIL_URL=url)
    mail = Mail(app)

    def run() -> None:
        with app.app_context():
            for receipt in mail.send_many(map(our_message, load)):
                receipt.raise_for_failure()
            mail.close()

    return run


FLASK_MAIL_SEND = "flask-mail mail.send"
FLASK_MAIL = "flask-mail connect()"
FLASK_MAILMAN = "flask-mailman, one connection"
SMTPLIB = "smtplib, nothing composed"
SEND = "flask-mailwright mail.send"
MANY_1 = "flask-mailwright send_many, 1"
MANY_4 = "flask-mailwright send_many, 4"
MANY_16 = "flask-mailwright send_many, 16"

CONTESTANTS: dict[str, Contestant] = {
    FLASK_MAIL_SEND: flask_mail_send,
    FLASK_MAIL: flask_mail_connect,
    FLASK_MAILMAN: flask_mailman_connection,
    SMTPLIB: raw_smtplib,
    SEND: our_send,
    MANY_1: partial(our_send_many, connections=1),
    MANY_4: partial(our_send_many, connections=4),
    MANY_16: partial(our_send_many, connections=16),
}
