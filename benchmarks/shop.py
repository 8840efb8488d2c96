"""The app that mails its customers: two templates, and the outbox or Flask-Mail behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import DictLoader

from benchmarks.drafts import HTML, SENDER, TEXT

TEMPLATE = "mail/order"
_GREETING = "Dear customer {{ number }}"
TEMPLATES = {
    f"{TEMPLATE}.txt": f"{_GREETING},\n{TEXT}\n",
    f"{TEMPLATE}.html": f"<h1>{_GREETING}</h1>\n{HTML}\n",
}
"""Rendered they are the drafts that `drafts.text_and_html` makes."""


def shop(port: int, **config: Any) -> Flask:
    """As in production: neither debugging nor testing; its relay is on 127.0.0.1:`port`."""
    app = Flask("shop", instance_path=config.pop("instance_path", None))
    app.jinja_env.loader = DictLoader(TEMPLATES)
    app.config.update(MAIL_DEFAULT_SENDER=str(SENDER), MAIL_SUPPRESS_SEND=False)
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port)
    app.config.update(config)
    return app


def outbox_shop(port: int, folder: Path, **config: Any) -> Flask:
    """With a durable outbox in `folder`."""
    return shop(port, instance_path=str(folder), **{"MAIL_ENGINE": "outbox", **config})


def subject_for(number: int) -> str:
    return f"Your order {number} is on its way"


def recipient_for(number: int) -> str:
    return f"customer{number}@example.org"
