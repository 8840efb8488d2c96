"""Many mails over several connections: every mail once, receipts in order, nothing hoarded."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator

import pytest

from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.reply import Reply
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.testing import ReceivedMail, SMTPServer
from flask_mailwright.timing import Timing
from flask_mailwright.transports import Transport
from flask_mailwright.transports.memory import MemoryTransport
from flask_mailwright.transports.parallel import AHEAD, OCTETS, deliver_in_parallel
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.world import World
from tests.smtp.script import a_mail


def through(server: SMTPServer, connections: int = 4) -> SmtpTransport:
    """A transport with so many connections."""
    timing = Timing().all(5)
    return SmtpTransport(Relay(server.host, server.port, connections=connections, timing=timing))


def spread(
    transport: Transport, mails: Iterable[SealedMail], stopped: Callable[[], bool] = bool
) -> Iterator[Receipt]:
    """What is tested; `bool()` is False."""
    return deliver_in_parallel(transport, mails, stopped, World())


def numbered(count: int, taken: list[int] | None = None) -> Iterator[SealedMail]:
    """Mails that differ in their only recipient; what is taken is noted."""
    for number in range(count):
        if taken is not None:
            taken.append(number)
        yield a_mail(f"r{number}@example.com")


def people(receipts: Iterable[Receipt]) -> list[str]:
    """Whom each receipt is for."""
    return [receipt.replies[0].address for receipt in receipts]


def expected(count: int) -> list[str]:
    """All of `numbered`, in order."""
    return [f"r{number}@example.com" for number in range(count)]


def test_every_mail_once_and_receipts_in_order() -> None:
    """Over as many connections as there may be, when the relay is far away."""
    with SMTPServer(latency=0.02) as server:
        receipts = list(spread(through(server), numbered(200)))
        assert people(receipts) == expected(200)
        assert not any(receipt.error for receipt in receipts)
        assert sorted(mail.recipients[0] for mail in server.mails) == sorted(expected(200))
        assert server.connections == 4


def test_side_by_side() -> None:
    """Four connections take about a quarter of the time."""
    with SMTPServer(latency=0.1) as server:
        one, four = through(server, 1), through(server)
        taken = []
        for transport in (one, four):
            began = time.monotonic()
            assert len(list(spread(transport, numbered(40)))) == 40
            taken.append(time.monotonic() - began)
        assert taken[1] < taken[0] / 2


def test_a_relay_that_is_quick_gets_one_connection() -> None:
    """Others begin when there is something to wait for."""
    with SMTPServer() as server:
        assert len(list(spread(through(server), numbered(3)))) == 3
        assert server.connections == 1


def test_nothing_happens_before_the_first_receipt_is_asked_for() -> None:
    """Then no more is taken than keeps the connections busy."""
    taken: list[int] = []
    with SMTPServer() as server:
        receipts = spread(through(server), numbered(1000, taken))
        assert (taken, server.connections) == ([], 0)
        for answered in range(1, 10):
            next(receipts)
            assert len(taken) <= 4 * AHEAD + answered
        receipts.close()  # type: ignore[attr-defined]


def test_large_mails_are_not_hoarded() -> None:
    """What is taken ahead is bounded in octets too."""
    content = b"x" * (OCTETS // 4)
    taken = []

    def large() -> Iterator[SealedMail]:
        for number in range(20):
            taken.append(number)
            yield a_mail(content=content)

    with SMTPServer() as server:
        receipts = spread(through(server), large())
        next(receipts)
        assert len(taken) == 4
        assert len(list(receipts)) == 19


def test_the_iterable_is_read_by_the_caller_alone() -> None:
    """It may be bound to the thread."""
    readers = set()

    def mails() -> Iterator[SealedMail]:
        for mail in numbered(50):
            readers.add(threading.current_thread())
            yield mail

    with SMTPServer() as server:
        list(spread(through(server), mails()))
    assert readers == {threading.current_thread()}


def test_threads_end_with_the_call() -> None:
    """None is left behind, neither at the end nor when nobody reads on."""
    with SMTPServer(latency=0.01) as server:
        transport = through(server)
        list(spread(transport, numbered(50)))
        assert crew() == []
        receipts = spread(transport, numbered(50))
        next(receipts)
        assert len(crew()) >= 1
        receipts.close()  # type: ignore[attr-defined]
        assert crew() == []


def test_stopped() -> None:
    """What was begun has its receipt, in order; the others reached nobody."""
    go_on, enough = threading.Event(), threading.Event()
    taken: list[int] = []

    with SMTPServer(on_mail=lambda mail: go_on.wait(5) and None) as server:
        receipts = spread(through(server), numbered(100, taken), enough.is_set)
        threading.Timer(0.2, go_on.set).start()
        begun = people([next(receipts)])
        enough.set()
        begun += people(receipts)
        assert begun == expected(len(begun))
        assert sorted(mail.recipients[0] for mail in server.mails) == sorted(begun)
        assert len(begun) < len(taken) < 100


def crew() -> list[threading.Thread]:
    """The threads that deliver."""
    return [thread for thread in threading.enumerate() if thread.name == "mailwright-many"]


def test_one_that_stalls_holds_nobody_else_up() -> None:
    """The others go on over the other connections, as far as there is room."""
    others_went_on: list[bool] = []
    go_on, last = threading.Event(), f"r{4 * AHEAD - 1}@example.com"

    def on_mail(mail: ReceivedMail) -> None:
        if mail.recipients == ("r0@example.com",):
            others_went_on.append(go_on.wait(5))
        if mail.recipients == (last,):
            go_on.set()

    with SMTPServer(latency=0.01, on_mail=on_mail) as server:
        receipts = list(spread(through(server), numbered(60)))
        assert people(receipts) == expected(60)
    assert others_went_on == [True]


class Odd:
    """A transport with many connections that does what it likes."""

    name = "odd"
    connections = 3

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure

    def deliver(self, mail: SealedMail) -> Receipt:
        """Whatever happens here."""
        if self.failure and mail.envelope.recipients[0].address == "r5@example.com":
            raise self.failure
        return Receipt(mail.message_id, (Reply(mail.envelope.recipients[0].address, "relayed"),))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("failure", [ValueError("x"), SystemExit()])
def test_a_transport_that_raises(failure: BaseException) -> None:
    """Its mail is in doubt, and the others are delivered."""
    receipts = list(spread(Odd(failure), numbered(20)))
    assert people(receipts) == expected(20)
    assert [r.replies[0].address for r in receipts if r.in_doubt] == ["r5@example.com"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_transport_that_kills_every_thread() -> None:
    """Each mail has its answer all the same."""

    class Deadly(Odd):
        def deliver(self, mail: SealedMail) -> Receipt:
            raise SystemExit

    assert all(r.in_doubt for r in spread(Deadly(), numbered(10)))


@pytest.mark.parametrize("transport", [Odd(), MemoryTransport()])
def test_any_transport(transport: Transport) -> None:
    """One that says nothing of connections is used by one thread."""
    assert people(spread(transport, numbered(20))) == expected(20)


def test_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the caller's own delivers all."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert people(spread(Odd(), numbered(20))) == expected(20)


def test_no_mails() -> None:
    """Nothing to deliver starts nothing."""
    assert list(spread(SmtpTransport(Relay("mail.invalid")), [])) == []
