"""A configuration that is refused: the error names the key, and nothing shows a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

import flask_mailwright.flask_mail
from flask_mailwright import ConfigError, Mail
from flask_mailwright.config.migration import OBEYED
from tests.canary.forms import canary
from tests.canary.noise import Noise
from tests.canary.planted import APP, IN_URL, PASSWORD, PLANTED
from tests.canary.relays import USER

SECRET = "Hn3Yc8Rw5Gf2Jt7Vp4Xd"  # its characters are plain, so that it looks like much
WRONG: dict[str, Callable[[], Any]] = {
    "password": lambda: PASSWORD.text,
    "two lines": lambda: f"a\n{PASSWORD.text}",
    "octets": lambda: PASSWORD.octets,
    "list": lambda: [PASSWORD.text, {PASSWORD.text: PASSWORD.text}],
    "dict": lambda: {f"a://{PASSWORD.text}": 1, "client_secret": PASSWORD.text},
    "URL": lambda: f"smtp://ann:{IN_URL.text}@mail.example.com/{IN_URL.text}",
    "scheme": lambda: f"smpt://ann:{SECRET}@mail.example.com",
    "slash": lambda: f"smtp://ann:12/{SECRET}@mail.example.com",
    "question": lambda: f"smtp://ann:12?{SECRET}={SECRET}@mail.example.com",
    "port": lambda: f"smtp://ann:{SECRET}",
    "group": lambda: f"failover(smtp://ann:{SECRET}@a smtp://b:{SECRET}/c@d)",
    "preset": lambda: f"gmail://ann:{SECRET}@{SECRET}.com",
    "database": lambda: f"postgresql+psycopg://ann:{SECRET}#@db.example/shop",
    "dialect": lambda: f"oracle://ann:{SECRET}@db.example/shop",
    "module": lambda: f"{SECRET}:{SECRET}",
    "attribute": lambda: f"os:{SECRET}",
    "factory": lambda: f"python:{SECRET}:{SECRET}",
    "JSON": lambda: f'{{"a": "{SECRET}", "token_url": "http://a:{SECRET}@example.com"}}',
    "half JSON": lambda: f'{{"a": "{SECRET}',
    "pairs": lambda: [("a.example", SECRET, SECRET)],
}
MADE: tuple[type[Any], ...] = (Mail, flask_mailwright.flask_mail.Mail)
ALL = (*PLANTED, canary("plain", SECRET))


def make_app(**config: Any) -> Flask:
    """One that has all secrets that an app may have."""
    app = Flask("flasky")
    app.config.update(SECRET_KEY=APP.text, SQLALCHEMY_DATABASE_URI=IN_URL.text)
    app.config.update(MAIL_USERNAME=USER, MAIL_PASSWORD=PASSWORD.text, MAIL_ENGINE="inline")
    app.config.update(config)
    return app


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("key", OBEYED)
def test_a_wrong_value(key: str, made: type[Any]) -> None:
    """Of each key, and of each kind."""
    refused = 0
    with Noise(ALL) as noise:
        for wrong in WRONG.values():
            try:
                made(make_app(**{key: wrong()})).close()
            except ConfigError as error:
                refused += key in str(error)
                noise.show_error(error)
    assert noise.betrayals() == []
    assert refused or key in UNREAD


UNREAD = {"MAIL_DEBUG"}
