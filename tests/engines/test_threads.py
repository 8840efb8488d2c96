"""Delivery in threads: bounded, in order of priority, drained, and each ticket tells the truth."""

import gc
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_mailwright import (
    DeliveryError,
    MailError,
    MailTimeout,
    Receipt,
    Reply,
    SealedMail,
    Ticket,
)
from flask_mailwright.engines import Delivery, Order, Way
from flask_mailwright.engines.order import Priority
from flask_mailwright.engines.threads import REMEMBERED, ThreadsEngine
from flask_mailwright.errors import Kind
from flask_mailwright.world import World
from tests.apps import ANN, hello, make_mail
from tests.engines.relays import GatedRelay, answer, sealed
from tests.testing.raw_client import eventually


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Every test ends its threads, and waits for those that other tests have left idle."""
    assert eventually(lambda: working_threads() == 0, within=10)
    yield
    gc.collect()
    assert eventually(lambda: working_threads() == 0)


def working_threads() -> int:
    """How many threads of engines run."""
    return sum(thread.name == "mailwright" for thread in threading.enumerate())


def submitted(engine: ThreadsEngine, *subjects: str, priority: Priority = "normal") -> list[Ticket]:
    """Submit mails with these subjects."""
    return [engine.submit(sealed(subject), Order(priority)) for subject in subjects]


def stuck(relay: GatedRelay, **settings: float) -> ThreadsEngine:
    """An engine of one thread, which has its first mail in hand."""
    engine = ThreadsEngine(relay.delivery, threads=1, **settings)  # type: ignore[arg-type]
    engine.submit(sealed("first"), Order())
    relay.busy.acquire()
    return engine


def test_a_ticket_follows_its_mail() -> None:
    """queued, sending, done; and `wait` returns the receipt, after the signals."""
    relay = GatedRelay(is_open=False)
    engine = stuck(relay)
    (ticket,) = submitted(engine, "second")
    assert ticket.status() == "queued"
    relay.gate.set()
    receipt = ticket.wait(5)
    assert (ticket.status(), receipt.relayed[0].code) == ("done", 250)
    assert relay.recorded == ["first", "second"]
    assert repr(ticket) == f"<Ticket {ticket.id} done>"
    engine.close()


def test_a_failure_is_told_by_the_ticket() -> None:
    """`wait` returns what was answered; `join` never raises."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery)
    (ticket,) = submitted(engine, "no")
    receipt = ticket.wait(5)
    ticket.join()
    assert ticket.status() == "failed"
    with pytest.raises(DeliveryError, match="550"):
        receipt.raise_for_failure()
    engine.close()


def test_waiting_has_an_end() -> None:
    """`wait` raises MailTimeout, `join` returns; the mail goes on."""
    relay = GatedRelay(is_open=False)
    engine = stuck(relay)
    (ticket,) = submitted(engine, "second")
    with pytest.raises(MailTimeout, match=r"has no final answer after 0\.01 s") as caught:
        ticket.wait(0.01)
    assert caught.value.kind == "temporary"
    ticket.join(0.01)
    relay.gate.set()
    assert ticket.wait(5).relayed
    engine.close()


def test_cancel_takes_a_mail_out() -> None:
    """True: it will not go out, however often one asks. Under way or ended it is too late."""
    relay = GatedRelay(is_open=False)
    engine = stuck(relay)
    first, second, third = (*engine._tickets.values(), *submitted(engine, "second", "third"))
    assert (first.cancel(), second.cancel(), second.cancel()) == (False, True, True)
    assert second.status() == "cancelled"
    with pytest.raises(MailError, match="was cancelled"):
        second.wait(0)
    second.join()
    relay.gate.set()
    assert engine.flush(5)
    assert third.cancel() is False
    assert relay.taken == ["first", "third"]
    engine.close()


def test_high_goes_before_normal_before_bulk() -> None:
    """And within one priority who came first."""
    relay = GatedRelay(is_open=False)
    engine = stuck(relay)
    for number in "12":
        submitted(engine, f"bulk {number}", priority="bulk")
        submitted(engine, f"normal {number}")
        submitted(engine, f"high {number}", priority="high")
    relay.gate.set()
    engine.close()
    assert relay.taken == [
        *("first", "high 1", "high 2", "normal 1", "normal 2", "bulk 1", "bulk 2")
    ]


def test_what_waits_goes_over_one_connection() -> None:
    """A thread carries on with what waits before it lets the connection go."""
    relay = GatedRelay(is_open=False)
    engine = stuck(relay)
    submitted(engine, "a", "b", "c")
    relay.gate.set()
    engine.close()
    assert relay.batches == [["first", "a", "b", "c"]]


def test_a_full_queue_is_a_temporary_error() -> None:
    """A dead relay does not fill the memory; there is room again when a mail has ended."""
    relay = GatedRelay(is_open=False)
    engine = stuck(relay, capacity=2)
    submitted(engine, "second")
    with pytest.raises(DeliveryError, match="2 mails wait already.*try again later") as caught:
        submitted(engine, "third")
    assert (caught.value.kind, caught.value.stage) == ("temporary", "store")
    relay.gate.set()
    assert engine.flush(5)
    submitted(engine, "fourth")
    engine.close()
    assert relay.taken == ["first", "second", "fourth"]


def test_flush_waits_for_what_is_under_way() -> None:
    """False when the time was short; what is submitted meanwhile counts too."""
    relay = GatedRelay(is_open=False)
    engine = stuck(relay)
    assert engine.flush(0.01) is False
    relay.gate.set()
    assert engine.flush() is True
    engine.close()


def test_close_drains_and_the_next_mail_begins_anew() -> None:
    """Closing twice, or what was never used, is nothing."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery)
    engine.close()
    for _ in range(3):
        tickets = submitted(engine, "a", "b", "c", "d", "e")
        engine.close()
        assert working_threads() == 0
        assert {ticket.status() for ticket in tickets} == {"done"}
    engine.close()
    assert len(relay.taken) == 15


def test_no_thread_before_the_first_mail_and_no_more_than_needed() -> None:
    """One for one mail at a time, three for many at once."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery)
    assert working_threads() == 0
    for _ in range(5):
        submitted(engine, "a")
        assert engine.flush(5)
        assert eventually(lambda: engine._queue("").free == 1)
    assert working_threads() == 1
    relay.gate.clear()
    submitted(engine, *"abcdefgh")
    assert working_threads() == 3
    relay.gate.set()
    engine.close()


def test_idle_threads_end() -> None:
    """An app that is thrown away is not held by a thread; the next mail starts another."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery, idle=0.01)
    for _ in range(3):
        (ticket,) = submitted(engine, "a")
        assert ticket.wait(5).relayed
        assert eventually(lambda: working_threads() == 0)


def test_no_thread_can_be_started() -> None:
    """A temporary error in the caller, unless another thread is there to take the mail."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery)
    usual = threading.stack_size(1 << 47)
    try:
        with pytest.raises(DeliveryError, match="no thread can be started") as caught:
            submitted(engine, "refused")
        threading.stack_size(usual)
        submitted(engine, "a")
        threading.stack_size(1 << 47)
        submitted(engine, "b", "c", "d")
    finally:
        threading.stack_size(usual)
    assert (caught.value.kind, caught.value.stage) == ("temporary", "store")
    engine.close()
    assert sorted(relay.taken) == ["a", "b", "c", "d"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_replaced() -> None:
    """Not even the end of its thread leaves a mail without an answer, or the next one waiting."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery, threads=1)
    assert submitted(engine, "fatal")[0].wait(5).relayed
    assert submitted(engine, "next")[0].wait(5).relayed
    engine.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mail_taken_ahead_is_in_doubt_when_its_thread_dies() -> None:
    """A transport takes the next mail early; whoever waits for that one gets an answer too."""
    relay = GatedRelay(is_open=False)

    def one_ahead(mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        first = next(source := iter(mails))
        relay.gate.wait()
        next(source)
        yield answer(first)
        raise SystemExit("not an Exception")

    engine = ThreadsEngine(relay.delivery._replace(deliver_many=one_ahead), threads=1)
    first, ahead = submitted(engine, "first", "ahead")
    relay.gate.set()
    assert first.wait(5).relayed
    assert [reply.action for reply in ahead.wait(5).replies] == ["in_doubt"]
    assert engine.flush(5)
    engine.close()


def test_ended_mails_are_found_for_a_while() -> None:
    """And never hold more than that; what has not ended is always found."""
    relay = GatedRelay(is_open=False)
    engine = stuck(relay)
    (first,) = engine._tickets.values()
    for ticket in submitted(engine, *["x"] * 10):
        ticket.cancel()
    assert engine.ticket(first.id) is first
    relay.gate.set()
    tickets = submitted(engine, *["y"] * (REMEMBERED + 5))
    assert engine.flush(10)
    assert engine.ticket(first.id) is None
    assert engine.ticket(tickets[-1].id) is tickets[-1]
    assert len(engine._tickets) == REMEMBERED
    engine.close()


def test_the_content_of_an_ended_mail_is_let_go() -> None:
    """A list of ten thousand tickets does not hold ten thousand attachments."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery)
    (ticket,) = submitted(engine, "let go")
    ticket.join(5)
    engine.close()
    gc.collect()
    mails = [held for held in gc.get_objects() if isinstance(held, SealedMail)]
    assert "let go" not in [mail.subject for mail in mails]


def test_a_thousand_submits_from_many_threads_while_others_close() -> None:
    """Every mail is delivered once and every ticket ends."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery, idle=0.001)
    done = threading.Event()

    def close_again_and_again() -> None:
        while not done.is_set():
            engine.close()

    def submit(number: int) -> list[Ticket]:
        return submitted(engine, *(f"{number}.{n}" for n in range(50)))

    closer = threading.Thread(target=close_again_and_again)
    closer.start()
    with ThreadPoolExecutor(8) as pool:
        tickets = [ticket for found in pool.map(submit, range(20)) for ticket in found]
    receipts = [ticket.wait(10) for ticket in tickets]
    done.set()
    closer.join()
    engine.close()
    assert len(receipts) == len(set(relay.taken)) == len(relay.taken) == 1_000


def test_a_cancel_that_races_with_its_delivery() -> None:
    """Either it was cancelled and never taken, or it was delivered; never both, never neither."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery)
    outcomes = {}
    for number in range(300):
        (ticket,) = submitted(engine, f"{number}")
        outcomes[f"{number}"] = ticket.cancel()
    assert engine.flush(5)
    engine.close()
    assert sorted(relay.taken) == sorted(n for n, cancelled in outcomes.items() if not cancelled)


def test_a_transport_that_raises_kills_no_thread() -> None:
    """Its mail is in doubt, the next one goes out."""
    _, mail = make_mail(MAIL_URL=f"python:{__name__}:FlakyTransport")
    first, second = mail.send_later(hello(subject="broken")), mail.send_later(hello())
    assert first.wait(5).in_doubt[0].text == "the transport raised KeyError"
    assert second.wait(5).relayed
    assert (first.status(), second.status()) == ("failed", "done")
    mail.close()


class FlakyTransport:
    """Raises for one subject."""

    name = "flaky"

    def deliver(self, mail: SealedMail) -> Receipt:
        """As the subject says."""
        if mail.subject == "broken":
            raise KeyError
        return answer(mail)


def test_the_queue_is_bounded_in_octets_too() -> None:
    """A dead relay and large attachments do not fill the memory."""
    relay = GatedRelay(is_open=False)
    engine = ThreadsEngine(relay.delivery, octets=1)
    submitted(engine, "first")
    with pytest.raises(DeliveryError, match="1 mails wait already") as caught:
        submitted(engine, "second")
    assert (caught.value.kind, caught.value.stage) == ("temporary", "store")
    relay.gate.set()
    engine.close()
    assert submitted(engine, "third")[0].wait(5).relayed
    engine.close()


def test_whoever_submits_many_waits_for_room() -> None:
    """A newsletter larger than the queue goes out whole, as long as mails go out at all."""
    relay = GatedRelay()
    engine = ThreadsEngine(relay.delivery, capacity=3)
    tickets = []
    for _ in range(50):
        engine.make_room()
        tickets += submitted(engine, "x")
    assert all(ticket.wait(5).relayed for ticket in tickets)
    engine.close()


def test_waiting_for_room_has_an_end() -> None:
    """When nothing moves, the next submit says so."""
    engine = stuck(relay := GatedRelay(is_open=False), capacity=1, patience=0.05)
    engine.make_room()
    with pytest.raises(DeliveryError):
        submitted(engine, "second")
    relay.gate.set()
    engine.close()


class AwayRelay:
    """A relay that is left alone for a while, as its breaker says; notes who was tried when."""

    def __init__(self, refusals: int, retry_in: float = 0.1, kind: Kind = "temporary") -> None:
        self.refusals = refusals
        self.retry_in = retry_in
        self.kind = kind
        self.tried: list[str] = []
        self.recorded: list[str] = []

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """Refusals first."""
        for mail in mails:
            self.tried.append(mail.subject)
            self.refusals -= 1
            yield self.refusal(mail) if self.refusals >= 0 else answer(mail)

    def refusal(self, mail: SealedMail) -> Receipt:
        """The mail was not even tried."""
        error = DeliveryError("left alone", kind=self.kind, stage="connect")
        error.retry_in = self.retry_in
        return Receipt(mail.message_id, (Reply(ANN, "failed", transient=True),), error)

    def engine(self, **settings: float) -> ThreadsEngine:
        """With one thread."""
        delivery = Delivery(
            self.deliver_many, lambda mail, _: self.recorded.append(mail.subject), World()
        )
        return ThreadsEngine(delivery, threads=1, **settings)  # type: ignore[arg-type]


def test_mails_wait_for_a_relay_that_is_left_alone() -> None:
    """Instead of failing one after the other; then they go in their order."""
    relay = AwayRelay(refusals=2)
    engine = relay.engine()
    began = time.monotonic()
    tickets = submitted(engine, "a", "b", "c")
    assert engine.flush(5)
    assert time.monotonic() - began >= 0.2
    assert [ticket.status() for ticket in tickets] == ["done"] * 3
    assert relay.tried == ["a", "a", "a", "b", "c"]
    assert relay.recorded == ["a", "b", "c"]
    engine.close()


def test_waiting_for_a_relay_ends() -> None:
    """A mail that waited too long has failed."""
    relay = AwayRelay(refusals=1000, retry_in=0.05)
    engine = relay.engine(held=0.2)
    (ticket,) = submitted(engine, "a")
    assert ticket.wait(5).error is not None
    assert 3 <= len(relay.tried) <= 6
    engine.close()


def test_a_mail_that_waits_for_a_relay_can_be_cancelled() -> None:
    """It is queued again."""
    relay = AwayRelay(refusals=1)
    engine = relay.engine()
    (ticket,) = submitted(engine, "a")
    assert eventually(lambda: relay.tried == ["a"] and ticket.status() == "queued")
    assert ticket.cancel()
    engine.close()
    assert relay.tried == ["a"]


def test_a_wrong_configuration_is_told_at_once() -> None:
    """No waiting mends it."""
    relay = AwayRelay(refusals=1, retry_in=60, kind="configuration")
    engine = relay.engine()
    (ticket,) = submitted(engine, "a")
    assert ticket.wait(5).error is not None
    engine.close()


@pytest.mark.parametrize(("connections", "threads"), [(1, 1), (2, 1), (4, 3), (16, 15)])
def test_one_connection_is_left_to_who_sends_now(connections: int, threads: int) -> None:
    """There is one thread less than the transport has connections."""
    relay = GatedRelay(is_open=False)
    engine = ThreadsEngine(relay.delivery._replace(way=lambda route: Way(connections)))
    submitted(engine, *map(str, range(20)))
    assert working_threads() == threads
    relay.gate.set()
    engine.close()
