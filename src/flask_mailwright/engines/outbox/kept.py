"""What a ticket asks about a mail in the outbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ...envelope import Receipt
from ...errors import DeliveryError, MailError, MailTimeout
from ..ticket import Status
from .standing import Standing, find
from .store import Store


class Outbox(Protocol):
    """The engine, as a ticket sees it."""

    @property
    def store(self) -> Store:
        """Where the mail is."""

    def cancel(self, id: str) -> bool:  # noqa: A002
        """Stop a mail; True: nobody has got it or will."""

    def wait_for(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Look again and again; False when `timeout` seconds were too few."""


class Kept:
    """A mail that is stored."""

    def __init__(self, outbox: Outbox, id: str) -> None:  # noqa: A002
        self._outbox = outbox
        self._id = id

    def status(self) -> Status:
        """As the row says."""
        return self._standing().status

    def cancel(self) -> bool:
        """True: it will not go out."""
        return self._outbox.cancel(self._id)

    def wait(self, timeout: float | None) -> Receipt:
        """Ends when every recipient has a final answer; one that is held has none."""
        ended = lambda: self._standing().status not in ("queued", "sending")  # noqa: E731
        if not self._outbox.wait_for(ended, timeout):
            raise MailTimeout(f"mail {self._id} has no final answer after {timeout:g} s")
        return _receipt(self._id, self._standing())

    def _standing(self) -> Standing:
        standing = find(self._outbox.store, self._id)
        if standing is None:
            raise MailError(f"mail {self._id} is not in the outbox any more", stage="store")
        return standing


def _receipt(id: str, standing: Standing) -> Receipt:  # noqa: A002
    if standing.status == "cancelled":
        raise MailError(f"mail {id} was cancelled", stage="queue")
    if standing.status == "held":
        raise MailError(f"mail {id} is held: {standing.reason}", kind="in_doubt", stage="queue")
    missed = [reply for reply in standing.replies if reply.action not in ("relayed", "suppressed")]
    error = DeliveryError.from_replies(standing.replies, "queue") if missed else None
    return Receipt(standing.message_id, standing.replies, error)
