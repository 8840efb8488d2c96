"""Shows each mail on standard error instead of sending it; for development."""

from __future__ import annotations

import sys

from ..compose.mime import Parsed, read
from ..envelope import Receipt, Reply, SealedMail

_SHOWN = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID")


class ConsoleTransport:
    """Every mail becomes some readable lines; nothing leaves the machine."""

    name = "console:"

    def deliver(self, mail: SealedMail) -> Receipt:
        """Print the mail, decoded, to the standard error of the moment."""
        print(_shown(mail), file=sys.stderr, flush=True)
        people = [recipient.address for recipient in mail.envelope.recipients]
        replies = tuple(Reply(address, "relayed", text="shown on the console") for address in people)
        return Receipt(mail.message_id, replies)


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
