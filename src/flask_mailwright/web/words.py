"""What the list shows of a mail, and the words it is found by."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from ..compose.mime import Parsed, read
from ..envelope import SealedMail

MOST = 50_000
"""Characters of a mail that the search looks at."""
LINE = 500
"""Characters of a field that the list shows at most."""


class Shape(NamedTuple):
    """From, To and Subject as its readers see them, how many files, and what it is found by."""

    sender: str
    people: str
    subject: str
    files: int
    words: str


def shape(mail: SealedMail) -> Shape:
    """Read the mail once, when it is kept."""
    parsed = read(mail.content)
    envelope = [recipient.address for recipient in mail.envelope.recipients]
    sender = parsed.get("from") or mail.envelope.reverse_path
    people = parsed.get("to") or parsed.get("cc") or ", ".join(envelope)
    subject = parsed.get("subject") or mail.subject
    seen = [parsed.get(name) for name in ("from", "to", "cc", "reply-to", "subject")]
    words = " ".join([*seen, mail.subject, *envelope, *mail.tags, _body(parsed)])
    return Shape(
        sender[:LINE], people[:LINE], subject[:LINE], len(parsed.attachments), folded(words[:MOST])
    )


def folded(text: str) -> str:
    """Alike for texts that people take for the same.

    >>> folded("GRÜSSE") == folded("Grüße")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _body(parsed: Parsed) -> str:
    return parsed.text or parsed.html or ""
