"""Does all that sending does short of a connection, then drops the mail; what tests run over."""

from __future__ import annotations

from ..compose.mime import read
from ..envelope import Receipt, Reply, SealedMail


class SuppressingTransport:
    """Encodes the mail, decodes and reads it, and answers `suppressed` for everybody."""

    name = "suppressed"
    local = True

    def deliver(self, mail: SealedMail) -> Receipt:
        """Drop the mail."""
        read(SealedMail.from_json(mail.to_json(), mail.content).content)
        people = [recipient.address for recipient in mail.envelope.recipients]
        replies = tuple(Reply(address, "suppressed", text="not sent") for address in people)
        return Receipt(mail.message_id, replies)


SUPPRESSING = SuppressingTransport()
"""It keeps nothing, so that one will do."""
