"""The mails that the benchmarks send, and what their readers must find in them."""

from __future__ import annotations

import email
import random
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default

from flask_mailwright.address import Address

MEGABYTE = 1024 * 1024
SENDER = Address("Flasky Admin", "flasky@example.com")
FILE_NAME, FILE_TYPE = "report.bin", ("application", "octet-stream")


@dataclass(frozen=True)
class Draft:
    number: int
    subject: str
    recipient: str
    body: str
    html: str = ""
    file: bytes = b""


def filled(line: str, size: int) -> str:
    return f"{line}\n" * (size // (len(line) + 1))


TEXT = filled("Your order is on its way and should reach you before the weekend.", 1500)
HTML = filled(
    '<tr><td style="padding:8px;font:14px Arial">A blue cup</td><td>1</td><td>EUR 9.50</td></tr>',
    8000,
)
SOME = {"on its way": "on its way — übermorgen", "A blue cup": "Kännchen „Blau“", "EUR": "€"}
FILE = random.Random(7).randbytes(MEGABYTE)


def translated(text: str) -> str:
    for plain, other in SOME.items():
        text = text.replace(plain, other)
    return text


def text_only(number: int) -> Draft:
    subject, recipient = f"Your order {number} is on its way", f"customer{number}@example.org"
    return Draft(number, subject, recipient, f"Dear customer {number},\n{TEXT}")


def text_and_html(number: int) -> Draft:
    plain = text_only(number)
    html = f"<h1>Dear customer {number}</h1>\n{HTML}"
    return Draft(number, plain.subject, plain.recipient, plain.body, html)


def some_non_ascii(number: int) -> Draft:
    ascii_only = text_and_html(number)
    subject, body, html = map(translated, (ascii_only.subject, ascii_only.body, ascii_only.html))
    return Draft(number, subject, ascii_only.recipient, body, html)


def with_file(number: int, file: bytes = FILE) -> Draft:
    plain = text_only(number)
    return Draft(number, plain.subject, plain.recipient, plain.body, file=file)


def lies(draft: Draft, content: bytes) -> Iterator[str]:
    """What the standard library's parser does not read as it was put in."""
    mail = email.message_from_bytes(content, policy=default)
    read = {
        "subject": str(mail["Subject"]),
        "recipients": [address.addr_spec for address in mail["To"].addresses],
        "body": shown(mail, "plain"),
        "html": shown(mail, "html"),
        "files": [part.get_content() for part in mail.iter_attachments()],
    }
    files = [draft.file] if draft.file else []
    wanted = {**vars(draft), "recipients": [draft.recipient], "files": files}
    return (f"{field} of mail {draft.number}" for field in read if read[field] != wanted[field])


def shown(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""
