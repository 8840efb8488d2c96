"""Keeps each mail in a list instead of sending it; for tests and for looking."""

from __future__ import annotations

from ..envelope import Receipt, Reply, SealedMail


class MemoryTransport:
    """`mails` holds what was delivered, in order."""

    name = "memory:"
    local = True

    def __init__(self) -> None:
        self.mails: list[SealedMail] = []

    def deliver(self, mail: SealedMail) -> Receipt:
        """Append the mail and say relayed for everybody."""
        self.mails.append(mail)
        people = [recipient.address for recipient in mail.envelope.recipients]
        return Receipt(
            mail.message_id,
            tuple(Reply(address, "relayed", text="kept in memory") for address in people),
        )
