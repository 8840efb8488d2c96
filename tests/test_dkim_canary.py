"""The private key is nowhere to be seen: not in logs, reprs, tracebacks, pages or the outbox."""

import logging
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import DeliveryError, Mail, MailError
from flask_mailwright.compose.dkim.keys import KEY_TYPES, KeyType
from flask_mailwright.errors import ConfigError
from flask_mailwright.testing import SMTPServer
from tests.apps import hello, make_app
from tests.signed import keys_of, pem

DOMAIN = "example.com"
PIECE = 24
"""Characters of a key in a row that would betray it."""


def canaries(text: str) -> set[str]:
    """Pieces of what is secret in a PEM: as it stands there, in hexadecimal, as bytes show it.

    And of the base64 of the whole, without the frame that all keys of a type share.
    """
    body = "".join(text.split("-----")[2].split())
    is_rsa = len(body) > 200
    secret = body[len(body) // 4 :] if is_rsa else body[24:]
    octets = b64decode(body)[-600 if is_rsa else -32 :]
    again = b64encode(text.encode()).decode()[108 if is_rsa else 68 : -38]
    forms = [secret, octets.hex(), repr(octets)[2:-1], again]
    return {form[at : at + PIECE] for form in forms for at in range(len(form) - PIECE + 1)}


class Seen:
    """All that was shown of a run."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        self._shown: list[str] = []

    def show(self, *things: object) -> None:
        """In words, as repr, and in the frames of a traceback."""
        for thing in things:
            self._shown += [str(thing), repr(thing)]
            if isinstance(thing, BaseException):
                told = traceback.TracebackException.from_exception(thing, capture_locals=False)
                self._shown += told.format()

    def betrays(self, text: str) -> list[str]:
        """What of the key was seen."""
        formatter = logging.Formatter("%(message)s %(args)s")
        self._shown += map(formatter.format, self._caplog.records)
        everything = "\n".join(self._shown)
        assert len(everything) > 1_000
        return [piece for piece in canaries(text) if piece in everything]


@pytest.fixture
def seen(caplog: pytest.LogCaptureFixture) -> Seen:
    """With each log line there is."""
    caplog.set_level(logging.DEBUG)
    return Seen(caplog)


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_the_canaries_sing(kind: KeyType) -> None:
    """They are found where a key is, in each of its forms, and two keys share none."""
    text = pem(kind)
    for form in (text, repr(text), repr(b64encode(text.encode())), text.replace("\n", "")):
        assert any(piece in form for piece in canaries(text))
    assert not canaries(text) & canaries(pem(kind, 1))


def _reprs(thing: Any, depth: int = 4) -> list[object]:
    """An object with all that hangs on it."""
    if depth == 0 or isinstance(thing, str | bytes | int | float | type | Flask):
        return []
    names = [*getattr(thing, "__slots__", ()), *vars(thing)] if hasattr(thing, "__dict__") else []
    if not names:
        names = list(getattr(thing, "_fields", getattr(thing, "__slots__", ())))
    parts = [getattr(thing, name, None) for name in names]
    if isinstance(thing, list | tuple | set):
        parts += list(thing)
    return [thing, *[each for part in parts for each in _reprs(part, depth - 1)]]


@pytest.mark.parametrize("form", ["text", "bytes", "escaped", "callable", "several"])
@pytest.mark.parametrize("kind", KEY_TYPES)
def test_a_run_that_fails(kind: KeyType, form: str, seen: Seen, tmp_path: Path) -> None:
    """At the relay, in a view with a debug page, in the outbox's file, and in every repr."""
    text = pem(kind)
    forms: dict[str, Any] = {
        "text": text,
        "bytes": text.encode(),
        "escaped": text.replace("\n", "\\n"),
        "callable": lambda: text,
    }
    keys = {**keys_of(DOMAIN, kind), "MAIL_DKIM_KEY": forms.get(form)}
    if form == "several":
        keys = {"MAIL_DKIM": [(DOMAIN, "s1", text)]}
    with SMTPServer() as server:
        server.refuse("rcpt", 550, times=None)
        app = make_app(
            MAIL_URL=server.url,
            MAIL_ENGINE="outbox",
            MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/outbox.sqlite",
            MAIL_DEBUG=True,
            DEBUG=True,
            **keys,
        )
        mail = Mail(app)
        app.add_url_rule("/", view_func=lambda: repr(mail.send(hello())))
        for _ in range(3):
            with pytest.raises(DeliveryError) as caught:
                mail.send(hello())
            seen.show(caught.value)
        seen.show(mail.send_later(hello()).wait(10))
        seen.show(*_reprs(app.extensions["mailwright"].config.signer))
        seen.show(*_debug_page(app))
        mail.close()
        seen.show(*[each.content for each in server.mails])
    for file in tmp_path.iterdir():
        seen.show(file.read_bytes().decode("latin-1"))
    seen.show(*_boxes(app))
    assert seen.betrays(text) == []


def _debug_page(app: Flask) -> list[str]:
    """As Werkzeug shows it."""
    from werkzeug.debug import DebuggedApplication
    from werkzeug.test import Client

    app.config["PROPAGATE_EXCEPTIONS"] = True
    page = Client(DebuggedApplication(app)).get("/")
    assert page.status_code == 500
    assert "DeliveryError" in page.text
    return [page.text]


def _boxes(app: Flask) -> list[str]:
    """The development mailbox's pages."""
    client = app.test_client()
    listing = client.get("/_mail/", environ_base={"REMOTE_ADDR": "127.0.0.1"})
    return [listing.text]


def _raises(text: str) -> str:
    raise ValueError(text)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("PRIVATE KEY", "PUBLIC KEY"),
        lambda text: text.replace("BEGIN", "START"),
        lambda text: "".join(text.split("-----")[2].split()),
        lambda text: text.encode()[40:],
        lambda text: text.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
    ],
)
@pytest.mark.parametrize("kind", KEY_TYPES)
def test_a_key_that_is_spoilt(kind: KeyType, spoil: Callable[[str], Any], seen: Seen) -> None:
    """Whatever is wrong with it: when the app starts, and when a callable gives it."""
    text = pem(kind)
    for key in (spoil(text), lambda: spoil(text), lambda: _raises(text)):
        app = make_app(MAIL_URL="memory:", **{**keys_of(DOMAIN, kind), "MAIL_DKIM_KEY": key})
        with pytest.raises(MailError) as caught:
            Mail(app).send(hello())
        assert caught.value.kind == "configuration"
        seen.show(caught.value, *caught.value.args)
        assert isinstance(caught.value, ConfigError) is not callable(key)
    seen.show("." * 1_000)
    assert seen.betrays(text) == []
