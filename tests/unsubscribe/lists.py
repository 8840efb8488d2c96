"""An app with a list, a token for it, and a click on its link over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from flask_mailwright import Mail, Message
from flask_mailwright.world import World
from tests.apps import ANN, make_app

BASE = "https://shop.example.com"
SECRET = "not to be guessed"
CLICK = {"List-Unsubscribe": "One-Click"}


def make_list(
    folder: Path, templates: dict[str, str] | None = None, *, now: float = 0.0, **config: Any
) -> tuple[Flask, Mail]:
    """All that a list needs, and its outbox in the folder; `now` is when it is, if given."""
    app = make_app(
        templates,
        **{
            "SECRET_KEY": SECRET,
            "MAIL_BASE_URL": BASE,
            "MAIL_URL": "memory:",
            "MAIL_OUTBOX_URL": f"sqlite:///{folder}/outbox.sqlite",
            **config,
        },
    )
    return app, Mail(app, world=World(now=lambda: now) if now else World())


def news(to: str = ANN, name: str = "news") -> Message:
    """A mail of the list."""
    message = Message("News", [to], "Hello")
    message.list = name
    return message


def opened(app: Flask, url: str, method: str = "GET", **more: Any) -> TestResponse:
    """The link, as a browser opens it."""
    return app.test_client().open(url.removeprefix(BASE), base_url=BASE, method=method, **more)


def clicked(app: Flask, url: str, **more: Any) -> TestResponse:
    """As a mail program does it."""
    return opened(app, url, "POST", data=CLICK, **more)


def has_left(app: Flask, address: str = ANN, name: str = "news") -> bool:
    """Whether the address gets no more mail of the list."""
    return address in app.extensions["mailwright"].suppressions.find([address], name)
