"""Every error this package raises: ask its `kind`, do not read its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from .reply import Reply

Kind = Literal["invalid", "configuration", "in_doubt", "temporary", "permanent"]


class MailError(Exception):
    """The root. `kind` says what the trouble is, `stage` where it arose, `replies` who is affected.

    `kind` is the first that applies of: `invalid` (the message, before any byte was stored or
    sent), `configuration`, `in_doubt` (handed over, no answer came), `temporary`, `permanent`.
    `retry_in`: seconds after which it may be tried again, when the relay was not asked at all.

    >>> MailError("the relay is away", kind="temporary", stage="connect").kind
    'temporary'
    """

    default_kind: ClassVar[Kind] = "permanent"
    retry_in: float | None = None

    def __init__(
        self,
        sentence: str,
        *,
        kind: Kind | None = None,
        stage: str = "",
        replies: Sequence[Reply] = (),
    ) -> None:
        super().__init__(sentence)
        self.kind: Kind = kind or self.default_kind
        self.stage = stage
        self.replies = tuple(replies)


class DeliveryError(MailError):
    """The relay, or the way to it, did not take the mail."""

    @classmethod
    def from_replies(cls, replies: Sequence[Reply], stage: str) -> DeliveryError:
        """Sum up the recipients that were not reached; the worst of them decides the kind."""
        missed = [reply for reply in replies if reply.action in ("failed", "in_doubt")]
        kind: Kind = "permanent"
        if any(reply.action == "in_doubt" for reply in missed):
            kind = "in_doubt"
        elif any(reply.transient for reply in missed):
            kind = "temporary"
        return cls(_account(missed, len(replies), kind), kind=kind, stage=stage, replies=replies)


class MailTimeout(MailError):
    """`ticket.wait` gave up waiting; the mail itself goes on."""

    default_kind = "temporary"


class _Faults(MailError):
    headline: ClassVar[str]

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join((self.headline, *(f"  - {fault}" for fault in self.faults))))
        self.args = (self.faults,)

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return f"{self.headline} {self.faults[0]}"
        return "\n".join((self.headline, *(f"  - {fault}" for fault in self.faults)))


class MessageError(_Faults):
    """The message must not leave as it is; `faults` names every field and what to do about it."""

    default_kind = "invalid"
    headline = "The message was not accepted:"


class ConfigError(_Faults):
    """The configuration cannot work; `faults` names every key, never a value."""

    default_kind = "configuration"
    headline = "The mail configuration was not accepted:"


class Refused(MailError):
    """Raise it in a `before_send` receiver to stop a message, with the reason as its text."""

    default_kind = "invalid"


_ADVICE: dict[Kind, str] = {
    "in_doubt": "the relay took the whole content and never answered; sending again may deliver"
    " it twice",
    "temporary": "try again later",
    "permanent": "trying again will not help",
}


def _account(missed: Sequence[Reply], total: int, kind: Kind) -> str:
    shown = "; ".join(str(reply) for reply in missed[:3])
    more = f"; and {len(missed) - 3} more" if len(missed) > 3 else ""
    return f"{len(missed)} of {total} recipients not reached ({_ADVICE[kind]}): {shown}{more}"
