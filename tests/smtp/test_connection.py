"""Deadlines, bounds, secrets and doubts, over real sockets."""

import logging
import os
import select
import socket
import ssl
import struct
import time

import pytest

from flask_mailwright.envelope import Receipt
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.connection import Connection
from flask_mailwright.smtp.failure import Broken
from flask_mailwright.smtp.relay import Relay, Tls
from flask_mailwright.smtp.session import establish
from flask_mailwright.smtp.step import Dialogue, Step
from flask_mailwright.smtp.tls import ClientContext
from flask_mailwright.testing import SMTPServer
from flask_mailwright.timing import Timing
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.world import World
from tests.certificates import Certificates
from tests.smtp.script import a_mail
from tests.transports.rawrelay import RawRelay, lead_to_content, small_buffers

QUICK = Timing(connect=0.4, reply=0.4, content=0.4, final_dot=0.4)
LARGE = b"0123456789abcdef" * 2**18  # 4 MB
PASSWORD = "correct horse"
ENCODED = "Y29ycmVjdCBob3JzZQ=="  # of PASSWORD
PLAIN = "AGFubgBjb3JyZWN0IGhvcnNl"  # of \0ann\0PASSWORD


def deliver(port: int, content: bytes = LARGE, timing: Timing = QUICK) -> Receipt:
    """Hand one mail to this port of ours, through small buffers."""
    world = World(connect=small_buffers)
    transport = SmtpTransport(Relay("127.0.0.1", port, timing=timing), world)
    return transport.deliver(a_mail(content=content))


def told(receipt: Receipt) -> tuple[str, str, str, int | None]:
    """Kind and stage of the error, action and code of the only reply."""
    assert receipt.error is not None
    (reply,) = receipt.replies
    return receipt.error.kind, receipt.error.stage, reply.action, reply.code


def refuse_and_close(sock: socket.socket) -> None:
    """552 amid the content; what is unread makes the kernel send RST."""
    lead_to_content(sock)
    sock.recv(100)
    sock.sendall(b"552 5.3.4 too large for me\r\n")


def test_refused_amid_the_content() -> None:
    """A relay that says 552 and closes has given an answer."""
    with RawRelay(refuse_and_close) as relay:
        assert told(deliver(relay.port)) == ("permanent", "body", "failed", 552)


def test_refused_by_a_relay_that_stops_reading() -> None:
    """It is heard when nothing of the content leaves any more."""

    def refuse_and_wait(sock: socket.socket) -> None:
        refuse_and_close(sock)
        time.sleep(1)

    with RawRelay(refuse_and_wait) as relay:
        assert told(deliver(relay.port)) == ("permanent", "body", "failed", 552)


def test_reset_amid_the_content() -> None:
    """No answer and not handed over whole: nobody got it, so temporary."""

    def reset(sock: socket.socket) -> None:
        lead_to_content(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with RawRelay(reset) as relay:
        assert told(deliver(relay.port)) == ("temporary", "body", "failed", None)


def connected_too_late(host: str, port: int, seconds: float) -> socket.socket:
    """For World.connect: looks only after the reset whether the connection is there."""
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex((host, port))
    assert select.select([sock], [], [], 5)[0], "it was not reset"
    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    sock.close()
    raise OSError(error, os.strerror(error))


@pytest.mark.parametrize(("tls", "stage"), [("none", "banner"), ("implicit", "tls")])
def test_reset_before_we_see_that_it_took_us(tls: Tls, stage: str) -> None:
    """The relay was reached: what breaks is the talk, and not the way to it."""

    def reset(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with RawRelay(reset) as relay:
        transport = SmtpTransport(
            Relay("127.0.0.1", relay.port, tls), World(connect=connected_too_late)
        )
        receipt = transport.deliver(a_mail())
    assert told(receipt) == ("temporary", stage, "failed", None)
    assert "broke the connection at" in str(receipt.error)
    assert isinstance(receipt.error and receipt.error.__cause__, ConnectionResetError)


def test_a_slow_relay_is_waited_for() -> None:
    """As long as octets leave, no deadline ends a content."""

    def read_slowly(sock: socket.socket) -> None:
        lead_to_content(sock)
        got = b""
        while not got.endswith(b"\r\n.\r\n"):
            got = (got + sock.recv(2**18))[-5:]
            time.sleep(0.005)
        sock.sendall(b"250 at last\r\n")
        sock.recv(100)

    started = time.monotonic()
    with RawRelay(read_slowly) as relay:
        receipt = deliver(relay.port)
    assert receipt.error is None
    assert time.monotonic() - started > QUICK.content


def test_answered_before_it_was_asked() -> None:
    """A 250 that comes with the 354 is no receipt: nothing is sent, nothing is relayed."""
    with SMTPServer(chunking=False) as server:
        server.fault("data", b"354 go\r\n250 2.0.0 ok\r\n")
        receipt = deliver(server.port)
        assert told(receipt) == ("temporary", "body", "failed", None)
        assert "said more than it was asked" in str(receipt.error)
        assert server.count == 0


def test_more_said_than_asked_on_a_kept_connection() -> None:
    """Replies that are off by one end the talk; the next mail takes a fresh one."""
    with SMTPServer() as server:
        server.fault("final_dot", b"250 ok\r\n250 ok\r\n", accept=True)
        transport = SmtpTransport(Relay("127.0.0.1", server.port))
        receipts = list(transport.deliver_many([a_mail(), a_mail()]))
        assert [receipt.error for receipt in receipts] == [None, None]
        assert [mail.connection for mail in server.mails] == [1, 2]


def test_a_trickle_moves_no_deadline() -> None:
    """However often octets come, a reply must be complete in time."""

    def trickle(sock: socket.socket) -> None:
        for _ in range(40):
            sock.sendall(b"220-still there\r\n2")
            time.sleep(0.05)
            sock.sendall(b"20-")

    started = time.monotonic()
    with RawRelay(trickle) as relay:
        assert told(deliver(relay.port))[:2] == ("temporary", "banner")
        assert time.monotonic() - started < 0.6 + 0.3


def logged_in(server: SMTPServer, *, trace: bool = False) -> SmtpTransport:
    """A transport that logs in to `server`."""
    secret = Secret(PASSWORD)
    relay = Relay("127.0.0.1", server.port, username="ann", password=secret, trace=trace)
    return SmtpTransport(relay)


@pytest.mark.parametrize("echo", [PASSWORD, ENCODED, PLAIN])
@pytest.mark.parametrize("way", ["535 5.7.8 no user with {}", "what is {}?"])
def test_an_echo_of_the_password(echo: str, way: str, caplog: pytest.LogCaptureFixture) -> None:
    """A relay that repeats our credentials does not get them into errors, replies or logs."""
    caplog.set_level(logging.DEBUG)
    with SMTPServer(users={"ann": PASSWORD}) as server:
        server.fault("auth", (way.format(echo) + "\r\n").encode())
        receipt = logged_in(server, trace=True).deliver(a_mail())
    assert receipt.error is not None
    for text in (str(receipt.error), repr(receipt), caplog.text):
        assert echo not in text
    assert "***" in str(receipt.error)


def test_a_password_that_is_a_keyword() -> None:
    """Scrubbing does not touch what is offered."""
    with SMTPServer(users={"ann": "PLAIN"}, auth_mechanisms=["PLAIN"]) as server:
        relay = Relay("127.0.0.1", server.port, username="ann", password=Secret("PLAIN"))
        assert SmtpTransport(relay).deliver(a_mail()).error is None


def test_the_trace(caplog: pytest.LogCaptureFixture) -> None:
    """Every line of the dialogue, but no secret and no content."""
    caplog.set_level(logging.DEBUG, "flask_mailwright.smtp")
    content = b"Subject: hi\r\n\r\nbetween us\r\n"
    with SMTPServer(users={"ann": PASSWORD}) as server:
        logged_in(server, trace=True).deliver(a_mail(content=content))
    lines = [line.removeprefix(f"smtp://127.0.0.1:{server.port} ") for line in caplog.messages]
    assert "C: AUTH PLAIN ***" in lines
    assert "C: RCPT TO:<ann@example.com>" in lines
    assert "C: <content: 27 octets>" in lines
    assert "S: 250 2.0.0 ok: queued as 1" in lines
    assert "between us" not in caplog.text
    assert PLAIN not in caplog.text


def test_no_trace_unless_asked(caplog: pytest.LogCaptureFixture) -> None:
    """By default nothing is logged."""
    caplog.set_level(logging.DEBUG, "flask_mailwright.smtp")
    with SMTPServer(users={"ann": PASSWORD}) as server:
        logged_in(server).deliver(a_mail())
    assert not caplog.messages


def test_an_interrupted_talk_is_closed() -> None:
    """Whoever is interrupted amid a reply leaves no open connection behind."""
    calls = iter([0.0] * 6)

    def monotonic() -> float:
        try:
            return next(calls)
        except StopIteration:
            raise KeyboardInterrupt from None

    with SMTPServer() as server:
        transport = SmtpTransport(Relay("127.0.0.1", server.port), World(monotonic=monotonic))
        with pytest.raises(KeyboardInterrupt):
            transport.deliver(a_mail())
        deadline = time.monotonic() + 5
        while server.open_connections and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.open_connections == 0
        assert server.count == 0


def connected(server: SMTPServer) -> Connection:
    """A connection on which nothing was said yet."""
    relay = Relay("127.0.0.1", server.port, timing=QUICK)
    return Connection(relay, World(), ssl.create_default_context)


def group() -> Dialogue[list[int]]:
    """The banner, and three commands in one step; what was answered, even when it broke."""
    yield Step(b"", 1, "banner")
    try:
        found = yield Step(b"NOOP\r\nRSET\r\nNOOP\r\n", 3, "rset")
    except Broken as broken:
        found = broken.replies
    return [reply.code for reply in found]


def test_a_group_of_commands() -> None:
    """A step may hold several commands; all their replies come together."""
    with SMTPServer() as server:
        connection = connected(server)
        assert connection.run(group()) == [250, 250, 250]
        connection.close()


def test_a_group_that_is_cut_short() -> None:
    """A 421 amid a group ends it; the replies before it are told."""
    with SMTPServer() as server:
        server.fault("rset", "421 4.3.2 closing")
        connection = connected(server)
        assert connection.run(group()) == [250, 421]
        assert not connection.usable


def test_a_slow_relay_has_its_time_for_each_reply() -> None:
    """A group of many commands may take as long as they would one by one."""

    def answer_slowly(sock: socket.socket) -> None:
        sock.sendall(b"220 hi\r\n")
        sock.recv(100)
        for _ in range(3):
            time.sleep(0.2)
            sock.sendall(b"250 ok\r\n")

    with RawRelay(answer_slowly) as raw:
        relay = Relay("127.0.0.1", raw.port, timing=QUICK)
        connection = Connection(relay, World(), ssl.create_default_context)
        assert connection.run(group()) == [250, 250, 250]
        connection.close()


def test_a_clock_that_ran_out_between_two_octets() -> None:
    """Time that is spent before the reply is complete is not given again."""
    clock = iter([0.0, 100.0])

    def begin(sock: socket.socket) -> None:
        sock.sendall(b"220-\r\n")
        sock.recv(1)

    with RawRelay(begin) as relay:
        to, world = Relay("127.0.0.1", relay.port), World(monotonic=lambda: next(clock))
        connection = Connection(to, world, ClientContext(to))
        with pytest.raises(Broken, match="the greeting within 30 s"):
            connection.run(establish(to, "client.test"))


def test_the_trace_of_tls(certificates: Certificates, caplog: pytest.LogCaptureFixture) -> None:
    """A trace tells when TLS begins and why a talk ended."""
    caplog.set_level(logging.DEBUG, "flask_mailwright.smtp")
    with SMTPServer(tls=certificates.good.context) as server:
        server.fault("mail", "drop")
        ca_file = str(certificates.ca_file)
        relay = Relay("localhost", server.port, "starttls", ca_file=ca_file, trace=True)
        SmtpTransport(relay).deliver(a_mail())
    assert "speaks TLSv1" in caplog.text
    assert "closed: closed the connection at MAIL" in caplog.text
