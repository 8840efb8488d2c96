"""An app with its development mailbox, and a browser's side of it without a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_mailwright import Mail, Message
from flask_mailwright.envelope import Envelope, Recipient, SealedMail
from flask_mailwright.web.capture import Capture
from flask_mailwright.web.store import Store
from tests.apps import ANN, SENDER

ADDRESS = "http://localhost:5000"


class Box(NamedTuple):
    """The app, its mail and who looks at it."""

    app: Flask
    mail: Mail
    client: FlaskClient

    @property
    def capture(self) -> Capture:
        """What takes the copies."""
        capture: Capture = self.app.extensions["mailwright"].capture
        return capture

    @property
    def store(self) -> Store:
        """What is kept."""
        return self.capture.store

    def get(self, path: str = "/", **more: object) -> TestResponse:
        """A page of the mailbox."""
        return self.client.get(f"/_mail{path}", base_url=ADDRESS, **more)

    def page(self, path: str = "/") -> str:
        """Its text; it must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, token: str | None = None, **headers: str) -> TestResponse:
        """What a form of ours sends, unless it is said otherwise."""
        token = self.token if token is None else token
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/_mail{path}", base_url=ADDRESS, data={"token": token}, headers=named
        )

    @property
    def token(self) -> str:
        """As it stands in the forms."""
        found = re.search(r'name="token" value="([^"]+)"', self.page("/delete-all"))
        assert found
        return found[1]

    def keep(self, content: bytes, number: int = 1) -> int:
        """Any octets, as if a mail with them had been sent; under which number they are kept."""
        mail = sealed(content, f"id-{number}-{len(content)}")
        self.capture.sent(mail)
        kept = self.store.number_of(mail.id)
        assert kept is not None
        return kept

    def send(self, subject: str = "Hi", **message: object) -> int:
        """A mail by the usual road; its number."""
        self.mail.send(Message(subject, [ANN], "Hello", **message))  # type: ignore[arg-type]
        return self.store.newest()[0].number


def make_box(folder: Path, *, debug: bool = True, **config: object) -> Box:
    """Its files are in this folder."""
    app = Flask("shop", instance_path=str(folder / "instance"))
    app.config.update(
        MAIL_DEFAULT_SENDER=SENDER, MAIL_ENGINE="inline", MAIL_URL="memory:", MAIL_DEBUG=False
    )
    app.config.update(config)
    app.debug = debug
    return Box(app, Mail(app), app.test_client())


def sealed(content: bytes, mail_id: str = "1", to: tuple[str, ...] = (ANN,)) -> SealedMail:
    """Some octets with an envelope around them."""
    recipients = tuple([Recipient(address) for address in to])
    return SealedMail(mail_id, f"<{mail_id}@x>", "", Envelope(SENDER, recipients), content)


def mail_of(fields: Mapping[str, str], body: str = "Hello", kind: str = "text/plain") -> bytes:
    """The octets of a mail of one part."""
    lines = [f"{name}: {value}" for name, value in fields.items()]
    head = [*lines, f"Content-Type: {kind}; charset=utf-8", "", body, ""]
    return "\r\n".join(head).encode("utf-8", "surrogateescape")
