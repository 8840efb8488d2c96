"""A shop whose orders and mails share one database, as an app with Flask-SQLAlchemy has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_mailwright import Mail, Message, Ticket
from tests.apps import ANN, SENDER
from tests.engines.outbox.databases import NAMES, outbox_url

__all__ = ["NAMES", "Shop", "open_shop", "shop", "shop_at"]

QUICK = {"retry_first": 0.2, "lease": 2, "renew": 0.5, "busy": 5, "office": 1, "grace": 5}


class Shop(NamedTuple):
    """The app with its database, its mail and its table of orders."""

    app: Flask
    db: SQLAlchemy
    mail: Mail
    order: Any

    def send(self, subject: str, **plan: Any) -> Ticket:
        """A mail for Ann."""
        return self.mail.send_later(Message(subject, [ANN], "Thank you"), **plan)

    def add(self, name: str) -> None:
        """An order that is not committed yet."""
        self.db.session.add(self.order(name=name))

    def orders(self) -> list[str]:
        """The names of those that are committed."""
        with self.app.app_context():
            return sorted(self.db.session.scalars(self.db.select(self.order.name)))


def open_shop(url: str, folder: Path, **config: Any) -> Shop:
    """One process's view of it; its tables are there behind this."""
    app = Flask("shop", instance_path=str(folder))
    app.config.update(
        {"MAIL_ENGINE": "outbox", "MAIL_DEFAULT_SENDER": SENDER, "MAIL_TIMING": QUICK, **config},
        SQLALCHEMY_DATABASE_URI=url,
    )
    db = SQLAlchemy()
    mail = Mail(db=db)

    class Order(db.Model):  # type: ignore[name-defined, misc]
        """What somebody has bought."""

        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(100))

    db.init_app(app)
    mail.init_app(app)
    with app.app_context():
        db.create_all()
    return Shop(app, db, mail, Order)


@contextmanager
def shop(name: str, folder: Path, **config: Any) -> Iterator[Shop]:
    """One on the database named, closed behind the block."""
    with outbox_url(name, folder) as url, shop_at(url, folder, **config) as opened:
        yield opened


@contextmanager
def shop_at(url: str, folder: Path, **config: Any) -> Iterator[Shop]:
    """One on that database, closed behind the block."""
    opened = open_shop(url, folder, **config)
    try:
        yield opened
    finally:
        opened.mail.close()
        with opened.app.app_context():
            opened.db.engine.dispose()
