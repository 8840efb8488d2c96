"""One connection's delivery: whatever goes wrong, no mail is stuck or has another's answer."""

import time
from asyncio import CancelledError
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import Receipt, Reply, SealedMail
from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox.lane import Lane
from flask_mailwright.errors import DeliveryError
from flask_mailwright.smtp.waiting import Join
from flask_mailwright.world import World
from tests.apps import ANN
from tests.engines.outbox.boxes import QUICK, delivery, outbox
from tests.engines.outbox.single import Clock, Process
from tests.engines.relays import GatedRelay, PromptRelay, answer, sealed


class OddRelay(PromptRelay):
    """Its answer to the subject `odd` cannot be stored, the first time."""

    def answered(self, mail: SealedMail) -> Receipt:
        """Each with a text of its own."""
        self.taken.append(mail.subject)
        odd = mail.subject == "odd" and self.taken.count("odd") == 1
        replies = (Reply(ANN, "relayed", 250, text="\ud800" if odd else mail.subject),)
        return Receipt(mail.message_id, replies)


class AwayRelay(GatedRelay):
    """Is left alone, after the first mail, for a while."""

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """The first two attempts find the breaker open."""
        for mail in mails:
            self.taken.append(mail.subject)
            yield answer(mail) if len(self.taken) > 2 else self.left_alone(mail)

    def left_alone(self, mail: SealedMail) -> Receipt:
        """It was not asked."""
        replies = (Reply(ANN, "failed", text="is left alone", transient=True),)
        error = DeliveryError("is left alone", kind="temporary", stage="connect", replies=replies)
        error.retry_in = 0.3
        return Receipt(mail.message_id, replies, error)


@pytest.mark.parametrize("pipelines", [False, True])
def test_an_answer_that_cannot_be_stored_is_nobody_elses(tmp_path: Path, pipelines: bool) -> None:
    """The others have their own; the mail itself is in doubt until its lease lapses, then goes."""
    relay = OddRelay(pipelines=pipelines)
    with outbox(relay, tmp_path, connections=3, carries=relay.carries) as engine:
        subjects = ["odd" if n == 5 else f"{n}" for n in range(20)]
        tickets = engine.submit_many([(sealed(subject), Order()) for subject in subjects])
        receipts = [ticket.wait(15) for ticket in tickets]
    assert [receipt.relayed[0].text for receipt in receipts] == subjects
    assert sorted(relay.taken) == sorted([*subjects, "odd"])


class FatalRelay(PromptRelay):
    """Whoever is told of the subject `fatal` is cancelled, as a task of asyncio is."""

    def record(self, mail: SealedMail, receipt: Receipt) -> None:
        """Not an Exception."""
        self.recorded.append(mail.subject)
        if mail.subject == "fatal":
            raise CancelledError


@pytest.mark.parametrize("listened", [False, True])
def test_a_receiver_that_is_cancelled_harms_nobody(tmp_path: Path, listened: bool) -> None:
    """Neither the mails in hand nor those that come."""
    relay = FatalRelay(pipelines=True)
    handed: dict[str, Any] = {"carries": relay.carries, "listened": lambda: listened}
    with outbox(relay, tmp_path, **handed) as engine:
        for subject in ("fatal", "one", "fatal", "two"):
            assert engine.submit(sealed(subject), Order()).wait(5).error is None
    assert sorted(relay.recorded) == ["fatal", "fatal", "one", "two"]


def test_a_start_that_was_stored_too_late_is_none(tmp_path: Path) -> None:
    """The store was away for as long as a lease lasts: the mail may be another's by now."""
    relay, clock = PromptRelay(pipelines=False), Clock()
    handed = delivery(relay, tmp_path, carries=relay.carries)
    process = Process(tmp_path, handed, clock)
    process.put(["late"])
    claims, mails = process.store.claims, process.store.claims.claim(clock(), 1)
    timed = handed._replace(world=World(now=clock, monotonic=clock))
    lane = Lane(claims, timed, relay, lambda _: mails.pop() if mails else None, lambda *_: None)
    waiting = lane.work()
    asked = next(waiting)
    assert isinstance(asked, Join)
    (started,) = claims.store([asked.work])
    clock.seconds += QUICK.lease
    with pytest.raises(StopIteration):
        waiting.send(started)
    assert started.next_may_go
    assert (relay.taken, lane.left, claims._held) == ([], [], set())
    process.store.close()


def test_a_relay_that_is_left_alone_counts_no_attempt(tmp_path: Path) -> None:
    """Nothing is told, and the mail goes when the rest is over."""
    relay = AwayRelay()
    with outbox(relay, tmp_path, connections=2) as engine:
        began = time.monotonic()
        assert engine.submit(sealed("patient"), Order()).wait(10).error is None
        assert time.monotonic() - began > 0.5
    assert relay.recorded == ["patient"]


def test_a_local_process_beside_one_that_delivers(tmp_path: Path) -> None:
    """Neither keeps the other's mail from going."""
    shell, worker = GatedRelay(), GatedRelay()
    with outbox(shell, tmp_path, local=True) as console:
        console.submit(sealed("shown"), Order()).wait(5)
        with outbox(worker, tmp_path) as engine:
            engine.submit(sealed("sent"), Order()).wait(10)
            console.submit(sealed("shown too"), Order()).wait(10)
    assert "sent" in worker.taken
    assert "shown" in shell.taken
    assert "sent" not in shell.taken


def test_what_is_in_hand_at_the_end_stays_ours(tmp_path: Path) -> None:
    """A process that ends keeps its lease until its last mail is answered."""
    slow, other = GatedRelay(is_open=False), GatedRelay()
    brief = QUICK._replace(lease=0.6, renew=0.1, office=0.3, grace=10.0)
    with (
        outbox(other, tmp_path, timing=brief) as second,
        outbox(slow, tmp_path, timing=brief) as first,
    ):
        ticket = first.submit(sealed("slow"), Order())
        second.begin()
        assert slow.busy.acquire(timeout=10)
        stopping = first._here._deliverer
        assert stopping is not None
        stopping._stopping.set()
        time.sleep(2.0)
        slow.gate.set()
        assert ticket.wait(5).error is None
    assert (slow.taken, other.taken) == (["slow"], [])
