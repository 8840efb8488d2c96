"""Many mails over several connections: every mail once, receipts in order, nothing hoarded."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import pytest

from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.smtp.rate import Rate
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.testing import ReceivedMail, SMTPServer
from flask_mailwright.timing import Timing
from flask_mailwright.transports.parallel import AHEAD, OCTETS
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.world import World
from tests.certificates import Certificates
from tests.smtp.script import a_mail
from tests.testing.raw_client import eventually
from tests.transports.fault_table import OFFERS, extensions
from tests.transports.rawrelay import RawRelay


def through(server: SMTPServer, connections: int = 4) -> SmtpTransport:
    """A transport with so many connections."""
    timing = Timing().all(5)
    return SmtpTransport(Relay(server.host, server.port, connections=connections, timing=timing))


def spread(
    transport: SmtpTransport, mails: Iterable[SealedMail], stopped: Callable[[], bool] = bool
) -> Iterator[Receipt]:
    """What is tested; `bool()` is False."""
    return transport.deliver_in_parallel(iter(mails), stopped)


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
    """Others begin when there is idleness: here is none, for the clock hardly moves."""
    with SMTPServer() as server:
        world = World(monotonic=lambda: time.monotonic() / 10_000)
        transport = SmtpTransport(Relay(server.host, server.port), world)
        assert len(list(spread(transport, numbered(100)))) == 100
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


def test_nothing_is_left_behind() -> None:
    """No thread, and no connection that is in nobody's hand, also when nobody reads on."""
    with SMTPServer(latency=0.01) as server:
        transport = through(server)
        assert len(list(spread(transport, numbered(50)))) == 50
        receipts = spread(transport, numbered(50))
        next(receipts)
        receipts.close()  # type: ignore[attr-defined]
        assert eventually(lambda: crew() == [])
        assert len(list(spread(transport, numbered(50)))) == 50
        transport.close()
        assert eventually(lambda: server.open_connections == 0)


def test_closed_while_connections_are_made() -> None:
    """What comes of that is given back."""
    with SMTPServer(latency=0.05) as server:
        transport = SmtpTransport(Relay(server.host, server.port, max_mails=1))
        receipts = spread(transport, numbered(50))
        next(receipts)
        assert crew()
        receipts.close()  # type: ignore[attr-defined]
        assert eventually(lambda: crew() == [])
        transport.close()
        assert eventually(lambda: server.open_connections == 0)


def test_a_reader_who_takes_his_time() -> None:
    """Large contents are never left half sent meanwhile, and what came late is heard."""
    content = b"0123456789abcd\r\n" * 2**17
    with SMTPServer() as server:
        timing = Timing().all(0.5)
        transport = SmtpTransport(Relay(server.host, server.port, timing=timing))
        receipts = spread(transport, (a_mail(content=content) for _ in range(12)))
        for receipt in receipts:
            time.sleep(0.6 if server.count < 7 else 0)
            assert receipt.error is None
        assert server.count == 12
        assert {mail.content for mail in server.mails} == {content}


def test_a_relay_that_stops_answering() -> None:
    """Its mail is in doubt in time; the others are delivered."""
    with SMTPServer() as server:
        server.stall("final_dot", address="r5@example.com")
        timing = Timing().all(0.5)
        transport = SmtpTransport(Relay(server.host, server.port, timing=timing))
        receipts = list(spread(transport, numbered(20)))
        assert people(receipts) == expected(20)
        assert [number for number, r in enumerate(receipts) if r.error] == [5]
        assert receipts[5].in_doubt


@pytest.mark.parametrize("offer", OFFERS)
def test_over_tls(offer: str, certificates: Certificates) -> None:
    """Every mail once and as it was, large or small."""
    lines, tls = extensions(offer), certificates.good.context
    contents = {f"r{n}@example.com": b"0123456789abcd\r\n" * (10 ** (n % 5)) for n in range(20)}
    with SMTPServer(extensions=lines, tls=tls, implicit_tls=True, latency=0.005) as server:
        ca_file = str(certificates.ca_file)
        transport = SmtpTransport(Relay("localhost", server.port, "implicit", ca_file=ca_file))
        mails = (a_mail(person, content=content) for person, content in contents.items())
        assert not any(receipt.error for receipt in spread(transport, mails))
        assert {mail.recipients[0]: mail.content for mail in server.mails} == contents
        assert server.count == 20


def test_a_limit_of_mails_per_connection() -> None:
    """It holds for each of them."""
    with SMTPServer(latency=0.005) as server:
        relay = Relay(server.host, server.port, max_mails=3)
        assert not any(r.error for r in spread(SmtpTransport(relay), numbered(40)))
        carried = Counter(mail.connection for mail in server.mails)
        assert server.count == 40
        assert max(carried.values()) == 3


def test_invalid_mails_among_good_ones() -> None:
    """They are told, each in its place."""
    with SMTPServer() as server:
        mails = [a_mail("bob\n@example.com") if n % 3 else a_mail() for n in range(1, 31)]
        receipts = list(spread(through(server), iter(mails)))
        assert [bool(r.error) for r in receipts] == [bool(n % 3) for n in range(1, 31)]
        assert server.count == 10


def test_nobody_listens() -> None:
    """Each mail is told so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    receipts = list(spread(SmtpTransport(Relay("127.0.0.1", port)), numbered(50)))
    assert {r.error.kind for r in receipts if r.error} == {"temporary"}
    assert len(receipts) == 50


def test_stopped() -> None:
    """What was begun has its receipt, in order; the others reached nobody."""
    go_on, enough = threading.Event(), threading.Event()
    taken: list[int] = []

    def answer(mail: ReceivedMail) -> None:
        """The first at once, the others when all has been said to be enough."""
        if mail.recipients[0] != "r0@example.com":
            go_on.wait(5)

    with SMTPServer(on_mail=answer) as server:
        receipts = spread(through(server), numbered(100, taken), enough.is_set)
        begun = people([next(receipts)])
        enough.set()
        go_on.set()
        begun += people(receipts)
        assert begun == expected(len(begun))
        assert sorted(mail.recipients[0] for mail in server.mails) == sorted(begun)
        assert len(begun) < len(taken) < 100


def crew() -> list[threading.Thread]:
    """The threads that make connections."""
    return [thread for thread in threading.enumerate() if thread.name == "mailwright-call"]


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


def test_no_mails() -> None:
    """Nothing to deliver starts nothing."""
    assert list(spread(SmtpTransport(Relay("mail.invalid")), [])) == []


@pytest.mark.parametrize("connections", [1, 4])
def test_sending_another_mail_between_two_receipts(connections: int) -> None:
    """All connections may be busy with what is under way: it goes on until one is free."""
    with SMTPServer(latency=0.02) as server:
        transport = through(server, connections)
        for receipt in spread(transport, numbered(30)):
            assert receipt.error is None
            assert transport.deliver(a_mail()).error is None
        assert server.count == 60
        assert server.connections <= connections


@pytest.mark.parametrize("connections", [1, 4])
def test_sending_another_mail_while_the_next_is_made(connections: int) -> None:
    """The same holds in the iterable."""
    with SMTPServer(latency=0.02) as server:
        transport = through(server, connections)

        def mails() -> Iterator[SealedMail]:
            for mail in numbered(30):
                assert transport.deliver(a_mail()).error is None
                yield mail

        assert people(spread(transport, mails())) == expected(30)
        assert server.count == 60


def test_another_thread_that_sends_while_nobody_reads_on() -> None:
    """It does not wait for the reader."""
    with SMTPServer(latency=0.02) as server:
        transport = through(server)
        receipts = spread(transport, numbered(60))
        begun = people([next(receipts)])
        time.sleep(0.2)
        threads = [threading.Thread(target=transport.deliver, args=(a_mail(),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(mail.recipients[0] == "ann@example.com" for mail in server.mails) == 8
        assert begun + people(receipts) == expected(60)


def test_stopped_while_waiting_for_the_rate() -> None:
    """Whoever leaves does not wait for it; those mails have failed and reached nobody."""
    with SMTPServer() as server:
        relay = Relay(server.host, server.port, rate=Rate(1, 60.0))
        enough = threading.Event()
        receipts = spread(SmtpTransport(relay), numbered(20), enough.is_set)
        assert next(receipts).error is None
        enough.set()
        began = time.monotonic()
        assert {r.error.stage for r in receipts if r.error} <= {"rate"}
        assert time.monotonic() - began < 5
        assert server.count == 1


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own handler, for SIGINT may be ignored in what runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt() -> None:
    """It is heard at once, whatever is waited for."""
    with SMTPServer() as server:
        relay = Relay(server.host, server.port, rate=Rate(1, 60.0))
        receipts = spread(SmtpTransport(relay), numbered(20))
        assert next(receipts).error is None
        main = threading.main_thread().ident
        threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT)).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            next(receipts)
        assert time.monotonic() - began < 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_between_two_receipts() -> None:
    """The child has no part in it: no mail goes twice, and the parent's go on."""
    with SMTPServer(latency=0.02) as server:
        transport = through(server)
        receipts = spread(transport, numbered(30))
        people_of = people([next(receipts) for _ in range(5)])
        child = os.fork()
        if child == 0:
            try:
                left = len(list(receipts))
            except BaseException:  # noqa: BLE001 - the exit code tells
                left = 99
            os._exit(left)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert people_of + people(receipts) == expected(30)
        assert Counter(mail.recipients[0] for mail in server.mails) == Counter(expected(30))


LEFT_BEHIND = """
import sys, flask
from flask_mailwright import Mail, Message
app = flask.Flask("app")
app.config.update(MAIL_URL=sys.argv[1], MAIL_DEFAULT_SENDER="a@example.com", MAIL_MAX_EMAILS=1)
messages = (Message(f"{n}", ["ann@example.com"], "Hello") for n in range(1000))
receipts = Mail(app).send_many(messages)
next(receipts)
"""


def test_left_behind_at_exit() -> None:
    """A loop that nobody finished keeps no process from ending."""
    with SMTPServer(latency=0.01) as server:
        command = [sys.executable, "-c", LEFT_BEHIND, server.url]
        done = subprocess.run(command, timeout=20, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        assert 1 <= server.count < 100


def test_octets_that_trickle_through_tls(certificates: Certificates) -> None:
    """No half record moves a deadline."""
    context = certificates.good.context

    def trickle(sock: socket.socket) -> None:
        secured = Trickling(sock)
        tls = context.wrap_bio(secured.incoming, secured.outgoing, server_side=True)
        secured.serve(tls)

    with RawRelay(trickle) as server:
        timing = Timing().all(0.5)
        ca_file = str(certificates.ca_file)
        relay = Relay("localhost", server.port, "implicit", ca_file=ca_file, timing=timing)
        began = time.monotonic()
        (receipt,) = spread(SmtpTransport(relay), numbered(1))
        assert receipt.error is not None
        assert receipt.error.stage == "mail"
        assert time.monotonic() - began < 5


class Trickling:
    """The server's side of TLS; from the first MAIL on its octets come one by one."""

    def __init__(self, sock: socket.socket) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._socket = sock

    def serve(self, tls: ssl.SSLObject) -> None:
        """Shake hands, greet, answer EHLO, and begin to answer MAIL."""
        self._until(tls.do_handshake)
        self._say(tls, b"220 hi\r\n")
        self._until(lambda: tls.read(1000))
        self._say(tls, b"250-hi\r\n250 PIPELINING\r\n")
        self._until(lambda: tls.read(1000))
        tls.write(b"250 ok\r\n")
        with suppress(OSError):
            for octet in self.outgoing.read():
                self._socket.sendall(bytes([octet]))
                time.sleep(0.2)

    def _say(self, tls: ssl.SSLObject, line: bytes) -> None:
        tls.write(line)
        self._socket.sendall(self.outgoing.read())

    def _until(self, step: Callable[[], object]) -> None:
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                self._socket.sendall(self.outgoing.read())
                self.incoming.write(self._socket.recv(16384))
            else:
                self._socket.sendall(self.outgoing.read())
                return
