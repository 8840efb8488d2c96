"""A socket that fails once, at each of its calls in turn: no mail is lost or stuck."""

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flask_mailwright.engines import Delivery, OutboxSettings
from flask_mailwright.engines.outbox.standing import find
from flask_mailwright.engines.outbox.waiting import count_all
from flask_mailwright.engines.ticket import Status
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.world import World, dial
from tests.apps import parsed
from tests.engines.outbox.single import Clock, Process

MAILS = 3


class Failures:
    """One, when so many calls were made; the sockets of a process count together."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.calls = 0

    def count(self) -> None:
        """ConnectionResetError when it is time."""
        self.calls += 1
        if self.calls == self.at:
            raise ConnectionResetError(104, "Connection reset by peer")


class FailingSocket(socket.socket):
    """Each call may fail before anything is done, or behind it: then nobody knows it was done."""

    failures: Failures

    def setsockopt(self, *arguments: Any) -> None:
        self.failures.count()
        super().setsockopt(*arguments)

    def settimeout(self, value: float | None) -> None:
        self.failures.count()
        super().settimeout(value)

    def send(self, data: Any, flags: int = 0) -> int:
        self.failures.count()
        sent = super().send(data, flags)
        self.failures.count()
        return sent

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        self.failures.count()
        data = super().recv(bufsize, flags)
        self.failures.count()
        return data


class Outcome(NamedTuple):
    """How many calls there were, how often each mail came, and how many wait."""

    calls: int
    copies: Counter[str]
    waiting: int
    statuses: set[Status]


@pytest.fixture(scope="module")
def server() -> Iterator[SMTPServer]:
    """One for all."""
    with SMTPServer() as running:
        yield running


def deliver_all(folder: Path, server: SMTPServer, at: int) -> Outcome:
    """With a failure at that call; the dialling is a call too."""
    failures, clock = Failures(at), Clock()

    def connect(host: str, port: int, seconds: float) -> socket.socket:
        failures.count()
        failing = FailingSocket(fileno=dial(host, port, seconds).detach())
        failing.failures = failures
        return failing

    world = World(now=clock, monotonic=clock, connect=connect)
    transport = SmtpTransport(Relay(server.host, server.port), world)
    settings = OutboxSettings(folder=str(folder))
    handed = Delivery(transport.deliver_many, lambda *_: None, world, outbox=settings)
    process = Process(folder, handed, clock)
    already = server.count
    try:
        ids = process.put([f"{number}" for number in range(MAILS)])
        process.work()
        found = [find(process.store, each) for each in ids]
        statuses = {each.status for each in found if each}
        waiting = count_all(process.store, 1e12)
        came = Counter(parsed(mail)["Subject"] for mail in server.mails[already:])
        return Outcome(failures.calls, came, waiting, statuses)
    finally:
        transport.close()
        process.store.close()


def test_one_failure_loses_no_mail(tmp_path: Path, server: SMTPServer) -> None:
    """Of all calls of a delivery; a mail whose content was handed over may come again, no other."""
    calls = deliver_all(tmp_path / "0", server, at=-1).calls
    assert calls > 10 * MAILS
    for at in range(1, calls + 1):
        outcome = deliver_all(tmp_path / f"{at}", server, at)
        assert outcome.copies.keys() == {f"{number}" for number in range(MAILS)}, at
        assert outcome.copies.total() <= MAILS + 1, (at, outcome)
        assert (outcome.waiting, outcome.statuses) == (0, {"done"}), at
