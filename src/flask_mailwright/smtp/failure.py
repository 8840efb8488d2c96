"""Why a talk or a mail could not go on, before it becomes a DeliveryError that names the relay."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import DeliveryError, Kind
from ..reply import Reply
from .replies import RelayReply, shorten

_ADVICE: dict[Kind, str] = {
    "invalid": "Mend the message; nothing was sent.",
    "configuration": "Mend the configuration; trying again will not help.",
    "in_doubt": "The whole content was handed over, so it may have been taken: sending the mail"
    " again may deliver it twice.",
    "temporary": "Try again later.",
    "permanent": "Trying again will not help; the relay's reason says what to change.",
}


class Failure(Exception):
    """What the relay did, as the rest of a sentence that begins with its name, and what to do.

    `retry_in`: the relay was not asked, and may be after so many seconds.
    """

    retry_in: float | None = None

    def __init__(
        self,
        reason: str,
        stage: str,
        kind: Kind = "temporary",
        advice: str = "",
        *,
        reply: RelayReply | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.stage = stage
        self.kind: Kind = kind
        self.advice = advice
        self.reply = reply

    @property
    def unheard(self) -> bool:
        """Whether the relay has said nothing about the mail, and cannot have taken it."""
        if self.kind == "in_doubt" or self.stage == "rate":
            return False
        return self.stage in _BEFORE_MAIL or self.kind == "configuration"

    def again(self) -> Failure:
        """The same for another mail; a traceback would keep the first one in memory."""
        twin = Failure(self.reason, self.stage, self.kind, self.advice, reply=self.reply)
        twin.__cause__ = self.system_error
        return twin

    @property
    def system_error(self) -> OSError | None:
        """What the operating system raised, without its traceback."""
        cause = self.__cause__
        return cause.with_traceback(None) if isinstance(cause, OSError) else None

    def error(self, relay: str, replies: Sequence[Reply]) -> DeliveryError:
        """The public error; a relay's own words fill at most one line."""
        sentence = f"{relay} {shorten(self.reason)}.\n{self.advice or _ADVICE[self.kind]}"
        error = DeliveryError(sentence, kind=self.kind, stage=self.stage, replies=replies)
        error.retry_in = self.retry_in
        error.__cause__ = self.system_error
        return error


_BEFORE_MAIL = ("connect", "banner", "ehlo", "starttls", "tls", "auth", "rset")
"""The stages of a talk at which no relay has heard of a mail yet, whatever it answers."""


class Broken(Failure):
    """The talk itself ended; its connection is closed and never used again.

    `handed` octets of the step had gone to the kernel; `unsaid`: it broke before the first of them.
    `reply` is what the relay said last, if it said something. `replies` are the answers to the
    first commands of a group.
    """

    timed_out = False
    unsaid = False
    handed = 0
    replies: tuple[RelayReply, ...] = ()

    @property
    def unheard(self) -> bool:
        """A talk that broke has no answer, unless the mail is in doubt."""
        return self.kind != "in_doubt"

    @property
    def before_content(self) -> bool:
        """Whether no octet of the content in hand had left, so that nobody can have got it."""
        return self.unsaid or self.stage in ("rset", "mail", "rcpt", "data")


_PLACES = {"banner": "the greeting", "body": "the content", "final_dot": "the final dot"}


def place(stage: str) -> str:
    """A stage as a sentence calls it: most are named as their command."""
    return _PLACES.get(stage) or stage.upper()


def said(reply: RelayReply, stage: str) -> str:
    """The relay's words as the rest of a sentence."""
    return f"answered {reply} to {place(stage)}"


def refused(reply: RelayReply, stage: str) -> Failure:
    """The relay said no: 4yz is temporary and 5yz permanent (RFC 5321 §4.2.1)."""
    kind: Kind = "temporary" if reply.category == 4 else "permanent"
    return Failure(said(reply, stage), stage, kind, reply=reply)


def misfit(reply: RelayReply, stage: str, advice: str) -> Failure:
    """The relay's no to what is configured."""
    return Failure(said(reply, stage), stage, "configuration", advice, reply=reply)


def closing(reply: RelayReply, stage: str) -> Broken:
    """A 421: the relay ends the talk (RFC 5321 §3.8)."""
    return Broken(f"{said(reply, stage)}, which ends the talk", stage, reply=reply)


def out_of_turn(reply: RelayReply, stage: str) -> Broken:
    """An answer that does not exist for this question: from here on replies cannot be trusted."""
    return Broken(f"{said(reply, stage)}, which is no answer to that", stage)
