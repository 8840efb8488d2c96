"""The application's `mail`, and the letters that are more than one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, current_app

from flask_mailwright import Mail, MailError, Message

from .people import Person
from .tokens import sign

mail = Mail()


def init_app(app: Flask) -> None:
    mail.init_app(app)
    app.jinja_env.globals.update(mail_accent="#b3262e", mail_accent_dark="#f0868b")


def newsletter(readers: Iterable[Person], subject: str, text: str) -> Iterator[Message]:
    """One mail for each reader, with a link that is theirs."""
    for person in readers:
        yield letter(person, subject, text, link("letters.stop", token=sign("stop", person)))


def letter(reader: Person, subject: str, text: str, stop: str) -> Message:
    """With the one-click way out that large providers ask for; `text` is Markdown."""
    shown = {"title": subject, "text": text, "stop": stop}
    message = mail.compose(reader, subject, "mail/newsletter", **shown)
    message.extra_headers = {
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
    }
    return message


def link(endpoint: str, **values: Any) -> str:
    """What `url_for` is in a mail's template, for a header: never the request's Host."""
    root: str = current_app.config["MAIL_BASE_URL"]
    return root.rstrip("/") + current_app.url_map.bind("").build(endpoint, values)


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
