"""The example application in debug mode, with no mail server: its mail is in its mailbox."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from examples.flasky.flasky import create_app
from examples.flasky.flasky.mails import mail
from flask_mailwright import Message

from .outside import PIXEL


def make_flasky(url: str, folder: Path) -> Flask:
    """All that it keeps is in `folder`."""
    app = create_app(
        {
            "DEBUG": True,
            "SECRET_KEY": "test",
            "FLASKY_DATABASE": folder / "flasky.sqlite",
            "FLASKY_URL": url,
            "MAIL_BASE_URL": url,
        }
    )
    app.instance_path = str(folder)
    return app


def send_file(app: Flask, name: str, content: bytes) -> None:
    """A mail with an attachment, to somebody with a long name."""
    message = Message("Your invoice", ["Zoë Ångström <zoe@example.com>"], "It is attached.")
    message.attach(name, "application/pdf", content)
    with app.app_context():
        mail.send(message)


def send_images(app: Flask, remote: str) -> None:
    """A mail that brings one image along, and names another one of another site."""
    message = Message("Two images", ["ann@example.com"], "Without them.")
    own = message.inline(PIXEL, content_type="image/gif")
    message.html = f'<p>Two images<p><img src="{own}" alt="own"> <img src="{remote}" alt="remote">'
    with app.app_context():
        mail.send(message)


def close(app: Flask) -> None:
    """Nothing waits to be delivered."""
    with app.app_context():
        mail.close()
