"""Delivers at once, in the thread of the caller; for scripts and tests."""

from __future__ import annotations

from ..envelope import SealedMail
from . import Delivery
from .job import Job
from .order import Order
from .ticket import Ticket


class InlineEngine:
    """`send_later` that is now; a failure is in the ticket, not raised."""

    in_caller = True
    """Somebody waits for the relay."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """Deliver and record before returning."""
        job = Job(mail.id, self._delivery.world.now())
        job.start()
        for receipt in self._delivery.deliver_many((mail,)):
            self._delivery.record(mail, receipt)
            job.finish(receipt)
        return job.ticket
