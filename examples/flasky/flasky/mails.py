"""The application's `mail`, and the letters that are more than one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Flask

from flask_mailwright import Mail, MailError, Message

from . import people
from .people import Person

mail = Mail()


def init_app(app: Flask) -> None:
    mail.init_app(app)
    app.jinja_env.globals.update(mail_accent="#b3262e", mail_accent_dark="#f0868b")


def newsletter(readers: Iterable[Person], subject: str, text: str) -> Iterator[Message]:
    """One mail for each reader, with a link that is theirs."""
    for person in readers:
        yield letter(person, subject, text)


def letter(reader: Person, subject: str, text: str) -> Message:
    """With the one-click way out that large providers ask for; `text` is Markdown."""
    message = mail.compose(reader, subject, "mail/newsletter", title=subject, text=text)
    message.list = "newsletter"
    return message


@mail.on_unsubscribe
def stop_letters(app: Flask, address: str, name: str) -> None:
    people.stop_letters(address)


def became_of(ticket: str) -> tuple[str, str]:
    """Where a mail stands, and what the relay said."""
    try:
        found = mail.ticket(ticket)
    except MailError:
        return "unknown", "it was sent long ago, or by a process that has ended"
    status = found.status()
    if status not in ("done", "failed"):
        return status, ""
    receipt = found.wait(1)
    replies = (f"{reply.code or ''} {reply.enhanced} {reply.text}" for reply in receipt.replies)
    return status, "; ".join(replies).strip() or str(receipt.error)
