"""Mails that attack whoever looks at them, and what each does to a page without defences."""

from __future__ import annotations

from typing import Literal, NamedTuple

from flask_mailwright.envelope import Envelope, Recipient, SealedMail

Harm = Literal["script", "request", "leave", "cover", "write", "old"]
"""Runs a script, asks another site, takes the page elsewhere, lies over its controls, writes to it
under the reader's name; or does what only other or older programs fall for."""
ALL_VIEWS = tuple("text headers source tree attachments delivery lint".split())
EOL = b"\r\n"


class HostileMail(NamedTuple):
    """One attack, by the name that its marks bear."""

    name: str
    harm: Harm
    content: bytes
    subject: str = ""
    sender: str = "eve@evil.example"
    recipient: str = "ann@example.com"
    views: tuple[str, ...] = ALL_VIEWS
    """Where what is hostile in it shows, beside its page and its body."""

    def sealed(self) -> SealedMail:
        """As if the application had sent it."""
        return SealedMail(
            id=self.name,
            message_id=f"<{self.name}@evil.example>",
            subject=self.subject or self.name,
            envelope=Envelope(self.sender, (Recipient(self.recipient),)),
            content=self.content,
            tags=(self.subject,) if self.subject else (),
        )


def head(name: str, *fields: str) -> bytes:
    """A usual header, and `fields` of one's own before its end."""
    usual = [
        "From: Eve <eve@evil.example>",
        "To: Ann <ann@example.com>",
        f"Subject: {name}",
        f"Message-ID: <{name}@evil.example>",
        "Date: Mon, 30 Nov 2026 12:00:00 +0000",
        "MIME-Version: 1.0",
    ]
    return EOL.join(line.encode("utf-8", "surrogateescape") for line in (*usual, *fields))


def leaf(content_type: str, body: str | bytes, *fields: str) -> bytes:
    """A part with its fields, its body as it is."""
    octets = body.encode() if isinstance(body, str) else body
    lines = (f"Content-Type: {content_type}", "Content-Transfer-Encoding: 8bit", *fields)
    return EOL.join([*(line.encode() for line in lines), b"", octets])


def joined(subtype: str, *parts: bytes, boundary: str = "=_b") -> bytes:
    """A multipart of these."""
    opening = f'Content-Type: multipart/{subtype}; boundary="{boundary}"'.encode()
    mark = b"--" + boundary.encode()
    lines = [opening, b""]
    for part in parts:
        lines += [mark, part]
    return EOL.join([*lines, mark + b"--", b""])


def mail(name: str, harm: Harm, *entities: bytes) -> HostileMail:
    """The parts, in a multipart/mixed when there are several, under a usual header."""
    entity = entities[0] if len(entities) == 1 else joined("mixed", *entities)
    return HostileMail(name, harm, head(name) + EOL + entity)


def html_mail(name: str, harm: Harm, html: str) -> HostileMail:
    """A mail of nothing but HTML."""
    one = mail(name, harm, leaf("text/html; charset=utf-8", html))
    return one._replace(views=("source", "lint"))
