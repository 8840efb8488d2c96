"""300 messages through Flask-Mail and through us, read by the standard library's parser.

What differs is named here and in docs/migrate/flask-mail.md, and is ours as it was composed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, NamedTuple

import flask_mail as theirs
import pytest
from flask import Flask

from flask_mailwright import flask_mail as ours
from flask_mailwright.address import Address
from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import parsed
from tests.flask_mail.letters import Letter, letters

NUMBER = 300
DIFFERENCES = {
    "a long subject keeps its spaces",
    "a long name, or one with parentheses, stays whole",
    "a file without a name is still marked as one",
}


class Part(NamedTuple):
    """What a reader sees of one part."""

    kind: str
    name: str | None
    disposition: str | None
    content: object


class Seen(NamedTuple):
    """What the readers of a mail, and its relay, see."""

    subject: str | None
    people: dict[str, set[tuple[str, str]]]
    fields: dict[str, str | None]
    parts: list[Part]
    envelope: tuple[str, set[str]]
    second: float
    message_ids: int


class Pair(NamedTuple):
    """One letter as both have sent it."""

    letter: Letter
    theirs: Seen
    ours: Seen


def sent(module: Any, written: list[Letter]) -> list[Seen]:
    """What arrives when an app of this extension sends them in a loop."""
    with SMTPServer() as server:
        app = Flask("shop")
        app.config.update(
            MAIL_SERVER=server.host,
            MAIL_PORT=server.port,
            MAIL_DEFAULT_SENDER="Flasky <flasky@example.com>",
        )
        mail = module.Mail(app)
        with app.app_context(), mail.connect() as connection:
            for letter in written:
                arguments = {key: value for key, value in letter.items() if key != "attachments"}
                message = module.Message(**arguments)
                for file in letter.get("attachments", ()):
                    message.attach(*file)
                connection.send(message)
        return [seen(mail) for mail in server.mails]


def seen(mail: ReceivedMail) -> Seen:
    """Read it."""
    message = parsed(mail)
    fields = ("x-campaign", "x-number")
    return Seen(
        message["subject"],
        {name: people(message, name) for name in ("from", "to", "cc", "bcc", "reply-to")},
        {name: message[name] for name in fields},
        [part(leaf) for leaf in message.walk() if not leaf.is_multipart()],
        (mail.reverse_path, set(mail.recipients)),
        message["date"].datetime.timestamp(),
        len(message.get_all("message-id", [])),
    )


def people(message: EmailMessage, name: str) -> set[tuple[str, str]]:
    """Display names and addr-specs."""
    found = [each for field in message.get_all(name, []) for each in field.addresses]
    return {(each.display_name, each.addr_spec) for each in found}


def part(leaf: Any) -> Part:
    """The octets of a file, the lines of a text."""
    content = leaf.get_payload(decode=True)
    if leaf.get_content_disposition() is None and leaf.get_content_maintype() == "text":
        content = leaf.get_content().replace("\r\n", "\n").rstrip()
    kind, name = leaf.get_content_type(), leaf.get_filename()
    return Part(kind, name, leaf.get_content_disposition(), content)


def composed(addresses: list[Any]) -> set[tuple[str, str]]:
    """The mailboxes as the user has written them."""
    found = [Address.parse(address) for address in addresses]
    return {(each.name, each.spec) for each in found}


def marked(parts: list[Part]) -> list[Part]:
    """With a disposition at each part that shows nothing."""
    shown = ("text/plain", "text/html", "text/calendar")
    return [
        each if each.disposition or each.kind in shown else each._replace(disposition="attachment")
        for each in parts
    ]


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    """All of them."""
    written = letters(NUMBER)
    return [
        Pair(letter, *both)
        for letter, both in zip(
            written, zip(sent(theirs, written), sent(ours, written), strict=True), strict=True
        )
    ]


def differences(pair: Pair) -> Iterator[str]:
    """By name; an AssertionError where ours is not what was composed."""
    letter, old, new = pair
    if old.subject != new.subject:
        assert new.subject == letter["subject"]
        yield "a long subject keeps its spaces"
    if old.people != new.people:
        assert new.people["to"] == composed(letter["recipients"])
        assert new.people["cc"] == composed(letter.get("cc", []))
        yield "a long name, or one with parentheses, stays whole"
    if old.parts != new.parts:
        assert marked(old.parts) == new.parts
        yield "a file without a name is still marked as one"


def test_what_readers_see_is_the_same_or_better(pairs: list[Pair]) -> None:
    """Subject, names, bodies, files and their order; all that differs is named."""
    found = Counter(name for pair in pairs for name in differences(pair))
    assert set(found) == DIFFERENCES
    assert len(pairs) == NUMBER


def test_who_gets_it_is_the_same(pairs: list[Pair]) -> None:
    """The envelope, the fields of the user's own, the moment; nobody is lost, nobody added."""
    for pair in pairs:
        assert pair.ours.envelope == pair.theirs.envelope
        assert pair.ours.fields == pair.theirs.fields
        assert abs(pair.ours.second - pair.theirs.second) <= ("date" not in pair.letter) * 60
        assert pair.ours.message_ids == pair.theirs.message_ids == 1
        assert not pair.ours.people["bcc"]
