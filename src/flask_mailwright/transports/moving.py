"""What became of one mail over several relays: who waits for the next one, and who was answered."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from ..envelope import Receipt, Reply, SealedMail, Tried
from ..errors import DeliveryError, Kind, MailError


class Moves:
    """One mail on its way from relay to relay.

    Who was refused has his answer, and a mail in doubt stays where it is: `Receipt.unheard` names
    those of whom a relay cannot have taken the mail, and who has not answered them either.
    """

    def __init__(self, mail: SealedMail) -> None:
        self._mail = mail
        self._replies: dict[str, Reply] = {}
        self._tried: list[Tried] = []
        self._errors: list[MailError] = []
        self._last = Receipt(mail.message_id, ())
        self.waiting: Sequence[str] = [to.address for to in mail.envelope.recipients]

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
        for reply in receipt.replies:
            self._replies[reply.address] = reply
        self.waiting, self._last = receipt.unheard, receipt
        self._tried += receipt.tried
        if receipt.error is not None:
            self._errors.append(receipt.error)
            if not receipt.tried:
                self._tried.append(Tried(relay, _reason(receipt.error)))

    def receipt(self) -> Receipt:
        """One Reply for each recipient: the last relay's that was asked for him."""
        error = self._error()
        if error is not None and error.kind == "temporary":
            for address in self.waiting:
                self._replies[address] = self._replies[address]._replace(transient=True)
        replies = tuple([self._replies[each.address] for each in self._mail.envelope.recipients])
        if error is not None:
            error.replies = replies
        tried, unheard = tuple(self._tried), tuple(self.waiting)
        return Receipt(self._mail.message_id, replies, error, tried, unheard)

    def _error(self) -> MailError | None:
        missed = [each for each in self._replies.values() if each.action in _MISSED]
        if not missed:
            return None
        if self.waiting and len(missed) == len(self._replies) and len(self._errors) > 1:
            return self._nobody_left()
        if len(missed) == len(self._last.failed) + len(self._last.in_doubt):
            return copy(self._last.error)  # all that is missed is the last one's to tell
        return DeliveryError.from_replies(list(self._replies.values()), self._errors[-1].stage)

    def _nobody_left(self) -> DeliveryError:
        """Temporary as soon as one of them may work later, for then the mail may go."""
        errors = self._errors
        kind: Kind = "temporary"
        if all(error.kind in ("configuration", "permanent") for error in errors):
            kind = errors[-1].kind
        told = "; ".join(map(_reason, errors))
        advice = "Try again later." if kind == "temporary" else "Mend the configuration."
        error = DeliveryError(
            f"None of {len(errors)} relays could be talked to: {told}.\n{advice}",
            kind=kind,
            stage=errors[-1].stage,
        )
        pauses = [each.retry_in for each in errors if each.retry_in is not None]
        error.retry_in = min(pauses) if len(pauses) == len(errors) else None
        return error


_MISSED = ("failed", "in_doubt")


def _reason(error: MailError) -> str:
    return str(error).partition("\n")[0].rstrip(".")
