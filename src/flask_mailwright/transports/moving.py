"""Whether a mail may go to another relay, and what became of it over several (RFC 5321 §4.5.4)."""

from __future__ import annotations

from collections.abc import Sequence

from ..envelope import Receipt, Reply, SealedMail, Tried
from ..errors import DeliveryError, Kind, MailError

_BEFORE_MAIL = ("connect", "banner", "ehlo", "starttls", "tls", "auth", "rset", "token")
"""The stages at which no relay has heard of the mail yet, whatever it answers."""


def moves_on(receipt: Receipt) -> list[str]:
    """The recipients who may be tried at another relay.

    Those of a talk that broke or never began. A refusal is an answer, and in doubt the mail may
    have been taken.
    """
    error = receipt.error
    if error is None or error.kind not in ("temporary", "configuration"):
        return []
    all_of_them = error.stage in _BEFORE_MAIL
    return [
        reply.address
        for reply in receipt.replies
        if reply.action == "failed" and (all_of_them or _is_broken(reply, error))
    ]


def _is_broken(reply: Reply, error: MailError) -> bool:
    return reply.code in (None, 421) and reply.transient and error.stage != "rate"


class Moves:
    """One mail on its way from relay to relay: who waits for the next one, and who was answered."""

    def __init__(self, mail: SealedMail) -> None:
        self._mail = mail
        self._replies: dict[str, Reply] = {}
        self._errors: list[tuple[str, MailError]] = []
        self._asked = 0
        self.waiting = [recipient.address for recipient in mail.envelope.recipients]

    @property
    def rest(self) -> SealedMail:
        """The mail for those who wait."""
        envelope = self._mail.envelope
        if len(self.waiting) == len(envelope.recipients):
            return self._mail
        wait = set(self.waiting)
        recipients = tuple([each for each in envelope.recipients if each.address in wait])
        return self._mail._replace(envelope=envelope._replace(recipients=recipients))

    def note(self, relay: str, receipt: Receipt) -> None:
        """What this relay said to those who waited."""
        self._asked += 1
        for reply in receipt.replies:
            self._replies[reply.address] = reply
        self.waiting = moves_on(receipt)
        if receipt.error is not None:
            self._errors.append((relay, receipt.error))

    def receipt(self) -> Receipt:
        """One Reply for each recipient: the last relay's that was asked for him."""
        replies = [self._replies[each.address] for each in self._mail.envelope.recipients]
        tried = tuple([Tried(relay, _reason(error)) for relay, error in self._errors])
        return Receipt(self._mail.message_id, tuple(replies), self._error(replies), tried)

    def _error(self, replies: Sequence[Reply]) -> MailError | None:
        if not any(reply.action in ("failed", "in_doubt") for reply in replies):
            return None
        if self._asked == 1:
            return self._errors[0][1]
        if self.waiting:
            return self._nobody_left(replies)
        return DeliveryError.from_replies(replies, self._errors[-1][1].stage)

    def _nobody_left(self, replies: Sequence[Reply]) -> DeliveryError:
        """Temporary as soon as one of them may work later, for then the mail may go."""
        errors = [error for _, error in self._errors]
        kind: Kind = "temporary"
        if all(error.kind == "configuration" for error in errors):
            kind = "configuration"
        told = "; ".join(_reason(error) for error in errors)
        advice = "Try again later." if kind == "temporary" else "Mend the configuration."
        error = DeliveryError(
            f"None of {len(errors)} relays could be talked to: {told}.\n{advice}",
            kind=kind,
            stage=errors[-1].stage,
            replies=replies,
        )
        pauses = [each.retry_in for each in errors if each.retry_in is not None]
        error.retry_in = min(pauses) if len(pauses) == len(errors) else None
        return error


def _reason(error: MailError) -> str:
    return str(error).partition("\n")[0].rstrip(".")
