"""What a caller holds of a mail that an engine has taken."""

from __future__ import annotations

from typing import Literal, Protocol

from ..envelope import Receipt
from ..errors import MailError

Status = Literal[
    "uncommitted",
    "queued",
    "sending",
    "held",
    "done",
    "cancelled",
    "expired",
    "failed",
]


class Tracked(Protocol):
    """What an engine knows of a mail it has taken."""

    def status(self) -> Status:
        """Where it stands."""

    def cancel(self) -> bool:
        """Stop it if nobody has it in hand."""

    def wait(self, timeout: float | None) -> Receipt:
        """What became of it, once that is final."""


class Ticket:
    """One mail in an engine's hands. `id` finds it again, `created` is seconds since 1970."""

    __slots__ = ("_tracked", "created", "id")

    def __init__(self, mail_id: str, created: float, tracked: Tracked) -> None:
        self.id = mail_id
        self.created = created
        self._tracked = tracked

    def status(self) -> Status:
        """Where it stands now: `done` when every recipient was reached, `failed` when not."""
        return self._tracked.status()

    def cancel(self) -> bool:
        """Stop it. True: it will not go out. False: it is already going or gone.

        In a transaction of the app that has work to commit it is a part of that.
        """
        return self._tracked.cancel()

    def wait(self, timeout: float | None = None) -> Receipt:
        """The Receipt, once every recipient has a final answer; MailTimeout after `timeout` s."""
        return self._tracked.wait(timeout)

    def join(self, timeout: float | None = None) -> None:
        """Wait like the thread that this ticket stands for: returns None and never raises."""
        try:
            self._tracked.wait(timeout)
        except MailError:
            return

    def __repr__(self) -> str:
        return f"<Ticket {self.id} {self.status()}>"
