"""What an engine is handed in a test: a relay whose gate can be shut."""

import threading
from collections.abc import Callable, Iterable, Iterator

from flask_mailwright import Message, Receipt, Reply, SealedMail
from flask_mailwright.engines import Carries, Delivery
from flask_mailwright.errors import DeliveryError
from flask_mailwright.sealing import Origin
from flask_mailwright.smtp.waiting import Waiting
from flask_mailwright.world import World
from tests.apps import ANN, SENDER


def sealed(subject: str = "Hi") -> SealedMail:
    """A mail as an engine gets it; the subject `no` is refused."""
    return Message(subject, [ANN], "Hello", sender=SENDER).seal(Origin())


class GatedRelay:
    """Takes mails while its gate is open, and notes what it took and what was recorded."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.gate = threading.Event()
        if is_open:
            self.gate.set()
        self.busy = threading.Semaphore(0)
        self.taken: list[str] = []
        self.batches: list[list[str]] = []
        self.recorded: list[str] = []

    @property
    def delivery(self) -> Delivery:
        """For the engine's constructor."""
        return Delivery(self.deliver_many, self.record, World())

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One answer for each, when the gate is open."""
        batch: list[str] = []
        self.batches.append(batch)
        for mail in mails:
            self.busy.release()
            self.gate.wait()
            batch.append(mail.subject)
            self.taken.append(mail.subject)
            yield answer(mail)

    def record(self, mail: SealedMail, receipt: Receipt) -> None:
        """As the application would tell its log and its signals."""
        self.recorded.append(mail.subject)
        if mail.subject == "fatal":
            raise SystemExit("a receiver ended its thread")


class PromptRelay(GatedRelay):
    """Answers at once; the envelope of the next mail rides if it `pipelines`."""

    def __init__(self, *, pipelines: bool) -> None:
        super().__init__()
        self.pipelines = pipelines

    def carries(self, route: str, hurry: threading.Event) -> Carries:
        """As `Delivery.carries`."""
        return self

    def carry(self, mail: SealedMail, ahead: Callable[[], SealedMail | None]) -> Waiting[Receipt]:
        """As a connection that is attended to."""
        yield from ()
        if self.pipelines:
            ahead()
        return self.answered(mail)

    def answered(self, mail: SealedMail) -> Receipt:
        """Noted."""
        self.taken.append(mail.subject)
        return answer(mail)

    def part(self) -> Waiting[None]:
        """Nothing is kept."""
        yield from ()

    def give_back(self) -> None:
        """Nothing is kept."""


def answer(mail: SealedMail) -> Receipt:
    """Relayed, or refused."""
    if mail.subject != "no":
        return Receipt(mail.message_id, (Reply(ANN, "relayed", 250),))
    replies = (Reply(ANN, "failed", 550),)
    return Receipt(mail.message_id, replies, DeliveryError.from_replies(replies, "rcpt"))
