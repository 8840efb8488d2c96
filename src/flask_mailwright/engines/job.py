"""A mail in the memory of this process, and what became of it."""

from __future__ import annotations

import threading

from ..envelope import Receipt
from ..errors import MailError, MailTimeout
from .ticket import Status, Ticket


class Job:
    """Moves queued -> sending -> done or failed, or queued -> cancelled."""

    def __init__(self, mail_id: str, created: float) -> None:
        self.ticket = Ticket(mail_id, created, self)
        self._lock = threading.Lock()
        self._status: Status = "queued"
        self._ended = threading.Event()
        self._receipt: Receipt | None = None

    def start(self) -> bool:
        """Take it in hand; False when it was cancelled before."""
        return self._move("sending")

    def put_back(self) -> None:
        """Nobody has got it: it waits again."""
        self._status = "queued"

    def cancel(self) -> bool:
        """Take it out; False when it is under way or ended."""
        if not self._move("cancelled"):
            return self._status == "cancelled"
        self._ended.set()
        return True

    def finish(self, receipt: Receipt) -> None:
        """Keep what became of it and wake who waits."""
        self._receipt = receipt
        self._status = "failed" if receipt.error else "done"
        self._ended.set()

    def status(self) -> Status:
        """Where it stands."""
        return self._status

    def wait(self, timeout: float | None) -> Receipt:
        """The receipt; MailTimeout, or MailError when it was cancelled."""
        if not self._ended.wait(timeout):
            raise MailTimeout(f"mail {self.ticket.id} has no final answer after {timeout:g} s")
        if self._receipt is None:
            raise MailError(f"mail {self.ticket.id} was cancelled", stage="queue")
        return self._receipt

    def _move(self, status: Status) -> bool:
        with self._lock:
            if self._status != "queued":
                return False
            self._status = status
            return True
