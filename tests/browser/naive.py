"""A mailbox made without care, for the proof that the hostile mails are hostile."""

from __future__ import annotations

from collections.abc import Sequence
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Part

from flask import Flask, Response

from .hostile_mails import HostileMail

PAGE = """<!doctype html><html><head><title>{subject}</title></head><body><header>
<form method=post action=/written id=delete><input name=csrf value=secret><button>Delete</button>
</form></header><main><h1>{subject}</h1><p>{sender} {recipient}</p>{fields}<p>{files}</p>
<textarea rows=2>{source}</textarea><div class=text-view>{body}</div></main></body></html>"""


def make_naive(mails: Sequence[HostileMail]) -> Flask:
    """An application that shows the mails as they are, at the URLs of the real mailbox."""
    app = Flask("naive")
    app.add_url_rule("/_mail/<int:n>", "mail", lambda n: _page(n, mails[n - 1]))
    app.add_url_rule("/_mail/<int:n>/body", "body", lambda n: _body(mails[n - 1]))
    app.add_url_rule("/_mail/<int:n>/parts/<int:p>", "part", lambda n, p: _part(mails[n - 1], p))
    app.add_url_rule("/written", "written", lambda: "written", methods=["POST"])
    return app


def _parts(mail: HostileMail) -> list[Part]:
    return [part for part in message_from_bytes(mail.content).walk() if not part.is_multipart()]


def _octets(part: Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(value: object) -> str:
    try:
        return str(make_header(decode_header(str(value))))
    except (LookupError, ValueError):
        return str(value)


def _page(number: int, mail: HostileMail) -> bytes:
    parts = _parts(mail)
    shown = [part for part in parts if "html" in part.get_content_type()] or parts[:1]
    links = (
        f'<a href="/_mail/{number}/parts/{n}">{part.get_filename() or part.get_content_type()}</a>'
        for n, part in enumerate(parts)
    )
    page = PAGE.format(
        subject=mail.subject or mail.name,
        sender=mail.sender,
        recipient=mail.recipient,
        fields="<br>".join(
            f"{name}: {_decoded(value)}" for name, value in message_from_bytes(mail.content).items()
        ),
        files=" ".join(links),
        source=mail.content.decode("utf-8", "replace"),
        body="<hr>".join(_octets(part).decode("utf-8", "replace") for part in shown),
    )
    return page.encode("utf-8", "replace")


def _body(mail: HostileMail) -> Response:
    parts = _parts(mail)
    html = next((part for part in parts if part.get_content_type() == "text/html"), parts[0])
    return _as_it_is(html)


def _part(mail: HostileMail, number: int) -> Response:
    return _as_it_is(_parts(mail)[number])


def _as_it_is(part: Part) -> Response:
    kind = " ".join(str(part.get("Content-Type", "text/html")).split())
    return Response(_octets(part), content_type=kind)
