"""Shows each mail on standard error instead of sending it; for development."""

from __future__ import annotations

import sys

from ..compose.mime import Parsed, read
from ..envelope import Receipt, Reply, SealedMail

_SHOWN = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID")


class ConsoleTransport:
    """Every mail becomes some readable lines; nothing leaves the machine."""

    name = "console:"
    local = True

    def deliver(self, mail: SealedMail) -> Receipt:
        """Print the mail, decoded, to the standard error of the moment."""
        sys.stderr.write(f"{_inert(_shown(mail))}\n")
        sys.stderr.flush()
        text = "shown on the console"
        replies = [Reply(to.address, "relayed", text=text) for to in mail.envelope.recipients]
        return Receipt(mail.message_id, tuple(replies))


def _inert(text: str) -> str:
    """A terminal acts on control characters."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)


def _shown(mail: SealedMail) -> str:
    parsed = read(mail.content)
    people = ", ".join(recipient.address for recipient in mail.envelope.recipients)
    return "\n".join([
        "-" * 72,
        f"Envelope: {mail.envelope.reverse_path or '<>'} -> {people}",
        *(f"{name}: {parsed.get(name)}" for name in _SHOWN if parsed.get(name)),
        "",
        parsed.text or parsed.html or "",
        *_files(parsed),
        "-" * 72,
    ])  # fmt: skip


def _files(parsed: Parsed) -> list[str]:
    return [
        f"[{part.disposition or 'attachment'}: {part.filename or 'unnamed'}, {part.content_type},"
        f" {len(part.data)} bytes]"
        for part in parsed.attachments
    ]
