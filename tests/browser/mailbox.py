"""The real mailbox, with mails in it."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask

from flask_mailwright import Mail
from flask_mailwright.envelope import SealedMail


def make_mailbox(folder: str, mails: Iterable[SealedMail]) -> Flask:
    """An application in debug mode that has sent these."""
    app = Flask("hostile", instance_path=folder)
    app.debug = True
    Mail(app)
    for mail in mails:
        app.extensions["mailwright"].capture.sent(mail._replace(app=app.name))
    return app
