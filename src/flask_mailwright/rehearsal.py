"""Mail that goes nowhere and takes the same road: committed or not, held or not, then delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .engines import Order, Ticket
from .engines.job import Job
from .engines.ticket import Status, Tracked
from .envelope import Receipt, SealedMail
from .errors import MailTimeout
from .onlooking import onlookers
from .transports import deliver
from .transports.suppressing import SUPPRESSING

if TYPE_CHECKING:
    from .appstate import AppState, Outgoing


class Rehearsal:
    """What an engine has of a mail that is suppressed."""

    def __init__(self, state: AppState, outgoing: Outgoing, order: Order) -> None:
        self.mail: SealedMail = outgoing.mail
        self.order = order
        self._state = state
        self._outgoing = outgoing
        self._job = Job(self.mail.id, state.world.now())
        self._stands: Tracked = self._job
        self._is_committed = False
        self.ticket = Ticket(self.mail.id, self._job.ticket.created, self)

    def ended(self, end: str) -> None:
        """How the transaction of the app ended that it is in."""
        self._is_committed = True
        if end != "committed":
            self._job.cancel()
        elif watching := onlookers(self._state.app):
            watching[-1].take(self)
        else:
            self.deliver()

    def deliver(self) -> None:
        """Do all that sending does short of a connection, unless it was cancelled.

        Whatever the app's transport is by then: the test may have ended.
        """
        if not self._job.start():
            return
        state = self._state
        receipt = deliver(SUPPRESSING, self.mail)
        self._job.finish(receipt)
        state.record(self.mail, receipt)
        state.show(self._outgoing)
        state.announce_dispatched(self._outgoing.message)

    def repeat(self, first: Ticket) -> None:
        """Its key is that of an earlier one: it stands where that does."""
        self._stands = first

    def status(self) -> Status:
        """Where it stands."""
        return self._stands.status() if self._is_committed else "uncommitted"

    def cancel(self) -> bool:
        """Take it out, if it has not gone."""
        return self._stands.cancel()

    def wait(self, timeout: float | None) -> Receipt:
        """What became of it; MailTimeout at once where waiting does not help."""
        if not self._is_committed:
            raise MailTimeout("the mail waits for its transaction: commit it first")
        if self._stands.status() == "queued":
            raise MailTimeout("the mail is held by the test: call mailbox.deliver() first")
        return self._stands.wait(timeout)
