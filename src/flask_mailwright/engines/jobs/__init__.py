"""Mail by the jobs of a queue that the app has anyway, so that any number of machines deliver it.

With an outbox that all of them share a job says no more than that there is mail, and the outbox
stays the truth: a job that is lost or comes twice changes nothing. Without one the sealed mail
itself is the job.
"""

from __future__ import annotations

from typing import Protocol

from .. import Delivery, Engine, OutboxSettings
from ..order import Priority
from ..outbox.engine import OutboxEngine
from .bell import Bell
from .posting import PostingEngine
from .waking import Waking


class Broker(Protocol):
    """Takes jobs to the processes that do them; both raise MailError when it cannot be reached."""

    @property
    def longest(self) -> float:
        """For how many seconds a job may wait in it and come only once."""

    def ring(self) -> None:
        """Somebody is to look into the outbox."""

    def post(self, parcel: str, priority: Priority, after: float) -> None:
        """Somebody is to deliver this, in so many seconds."""

    def close(self) -> None:
        """Part from it until there is another job."""


class Works(Protocol):
    """What the jobs ask of the process that does them."""

    def begin(self) -> None:
        """It is there for mail: it need not wait for a job."""

    def sweep(self) -> None:
        """Some process is to look into the outbox, whatever the broker may have lost."""

    def wake(self) -> None:
        """There is mail in the outbox: deliver until `end`."""

    def work(self, seconds: float) -> bool:
        """The same until there is none, at most for so long; whether there is none."""

    @property
    def pause(self) -> float | None:
        """Seconds until a mail of the outbox is due, None when none waits."""

    def take(self, parcel: str, *, again: bool = False) -> None:
        """Deliver this; `again`: it was given to somebody before, who did not come to an end."""

    def end(self) -> None:
        """It does none any more: what is in hand is ended, the rest is for others."""


def engine_over(delivery: Delivery, broker: Broker) -> tuple[Engine, Works]:
    """What submits through the broker, and what its jobs do where they come."""
    if not is_shared(delivery.outbox):
        posting = PostingEngine(delivery, broker)
        return posting, posting
    elsewhere = delivery._replace(outbox=delivery.outbox._replace(embedded=False))
    bell = Bell(broker.ring, broker.close)
    engine = OutboxEngine(elsewhere, others=bell)
    return engine, Waking(engine, delivery, bell.ring)


def is_shared(outbox: OutboxSettings) -> bool:
    """Whether other machines may have it too: the file that nobody asked for is this one's own."""
    return outbox.shared is not None or bool(outbox.url)
