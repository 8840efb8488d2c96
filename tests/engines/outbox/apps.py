"""Applications with an outbox and a real relay, as a user has them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from flask_mailwright import Mail
from flask_mailwright.testing import SMTPServer
from flask_mailwright.world import World
from tests.apps import SENDER, parsed

QUICK = {
    "lease": 2.0,
    "renew": 0.5,
    "office": 1.0,
    "retry_first": 0.2,
    "retry_factor": 1.0,
    "final_dot": 60.0,
    "busy": 2.0,
}
_WORLD = World()


@contextmanager
def app_on(
    url: str, relay: str, world: World = _WORLD, *, name: str = "flasky", **config: Any
) -> Iterator[Mail]:
    """One whose outbox is in this database; it is closed behind the block."""
    app = Flask(name)
    app.config.update(MAIL_ENGINE="outbox", MAIL_OUTBOX_URL=url, MAIL_URL=relay)
    app.config.update(MAIL_DEFAULT_SENDER=SENDER, MAIL_TIMING=QUICK, **config)
    mail = Mail(app, world=world)
    try:
        yield mail
    finally:
        mail.close()


def copies(server: SMTPServer) -> Counter[str]:
    """How often each subject came."""
    return Counter(parsed(mail)["Subject"] for mail in server.mails)
