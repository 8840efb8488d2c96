"""The application's `mail`, and what its mail templates may use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, current_app, url_for

from flask_mailwright import Mail, MailError, Message

from .people import Person
from .tokens import sign

mail = Mail()


def init_app(app: Flask) -> None:
    mail.init_app(app)
    app.add_template_global(link)


def link(endpoint: str, **values: Any) -> str:
    """A URL for a mail. It never comes from the request, whose Host header anybody can choose."""
    root: str = current_app.config["FLASKY_URL"]
    return root.rstrip("/") + url_for(endpoint, **values)


def newsletter(readers: Iterable[Person], subject: str, text: str) -> Iterator[Message]:
    """One mail for each reader, with the one-click way out that large providers ask for."""
    for person in readers:
        stop = link("letters.stop", token=sign("stop", person))
        shown = {"title": subject, "text": text, "stop": stop}
        message = mail.compose(person, subject, "mail/newsletter", **shown)
        message.extra_headers = {
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        }
        yield message


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
