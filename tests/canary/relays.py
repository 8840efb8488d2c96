"""Relays that misbehave in every way there is, and mostly repeat what they should forget."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from flask import Flask

from flask_mailwright import Mail, Message
from flask_mailwright.testing import SMTPServer
from flask_mailwright.world import World
from tests.apps import ANN, SENDER
from tests.canary.forms import Canary
from tests.canary.planted import APP, BODY, FILE, IN_GROUP, IN_ROUTES, IN_URL, PASSWORD, TOKEN

USER = "ann@example.com"
ROUTES = {"group": IN_GROUP, "turns": IN_GROUP, "named": IN_ROUTES, "token": TOKEN}
"""And what logs in there; that of the empty route is MAIL_URL's, or MAIL_PASSWORD."""
QUICK = {"reply": 0.15, "connect": 0.3, "final_dot": 0.15, "final_dot_worker": 0.15, "content": 1}


def message(route: str = "", number: int = 0) -> Message:
    """One whose content is a canary."""
    made = Message(f"Mail {number}", [ANN], BODY.text)
    made.attach("file.txt", "text/plain", FILE.text)
    made.route = route
    return made


def login(server: SMTPServer, secret: Canary | None) -> str:
    """The URL of a user there."""
    password = f":{quote(secret.text, safe='')}" if secret else ""
    return server.url.replace("//", f"//{quote(USER)}{password}@")


def config_for(server: SMTPServer, **config: Any) -> dict[str, Any]:
    """All ways to log in, each with a canary of its own."""
    group = login(server, IN_GROUP)
    routes = {
        "group": f"failover({group} {group}?pool=2)",
        "turns": f"roundrobin({group} {group}?pool=2)",
        "named": login(server, IN_ROUTES),
        "token": login(server, None),
    }
    return {
        "MAIL_URL": login(server, IN_URL),
        "MAIL_ROUTES": routes,
        "MAIL_OAUTH2_TOKEN": lambda: TOKEN.text,
        "MAIL_DEFAULT_SENDER": SENDER,
        "MAIL_DEBUG": True,
        "MAIL_ENGINE": "inline",
        "MAIL_TIMING": QUICK,
        "SECRET_KEY": APP.text,
        **config,
    }


def by_keys(server: SMTPServer) -> dict[str, Any]:
    """The empty route as Flask-Mail has it."""
    return {
        "MAIL_URL": None,
        "MAIL_SERVER": server.host,
        "MAIL_PORT": server.port,
        "MAIL_USERNAME": USER,
        "MAIL_PASSWORD": PASSWORD.text,
    }


@contextmanager
def opened(config: dict[str, Any], world: World | None = None) -> Iterator[tuple[Flask, Mail]]:
    """An app and its mail, closed behind the block."""
    app = Flask("flasky")
    app.config.update(config)
    mail = Mail(app, world=world)
    try:
        yield app, mail
    finally:
        mail.close()


def repeated(secret: Canary) -> list[str]:
    """What a careless relay says of a login."""
    text = secret.text
    plain, xoauth2 = f"\0{USER}\0{text}", f"user={USER}\1auth=Bearer {text}\1\1"
    return [
        text,
        f"{text!r}",
        f"{secret.octets!r}",
        secret.octets.hex(),
        quote(text, safe=""),
        *map(_coded, (text, f" {text}", f"12{text}", plain, f"{USER}:{text}", xoauth2)),
        base64.urlsafe_b64encode(plain.encode()).decode(),
        f"AUTH PLAIN {_coded(plain)[:-7]}...",
    ]


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def answer(secret: Canary, code: int) -> str:
    """A reply of many lines."""
    lines = [f"{code}-{code // 100}.7.8 no: {each}" for each in repeated(secret)]
    return "\r\n".join([*lines, f"{code} that was all"])


def garbage(secret: Canary) -> Iterator[bytes]:
    """Each no reply at all."""
    for each in repeated(secret):
        yield f"what? {each}\r\n".encode()
