"""A lane's mails in a thread that attends to it, over a real connection or by calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.smtp.attendant import Attendant
from flask_mailwright.smtp.rate import Rate
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.smtp.waiting import Waiting
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports.carrying import Attended, carries
from flask_mailwright.transports.memory import MemoryTransport
from flask_mailwright.transports.smtp import SmtpTransport
from tests.smtp.script import a_mail

MAILS = [a_mail(f"r{number}@example.com") for number in range(4)]


def attend(waiting: Waiting[None]) -> None:
    """To its end."""
    with Attendant(time.monotonic) as attendant:
        attendant.begin(waiting)
        attendant.finish()


def ahead(mail: SealedMail | None) -> Callable[[], SealedMail | None]:
    """Tells it."""
    return lambda: mail


def carried(lane: Attended, receipts: list[Receipt]) -> Waiting[None]:
    """Each with the next one ahead."""
    for mail, following in zip(MAILS, [*MAILS[1:], None], strict=True):
        receipts.append((yield from lane.carry(mail, ahead(following))))
    yield from lane.part()


def test_envelopes_ride_behind_contents() -> None:
    """One round trip for each mail, and each comes once."""
    receipts: list[Receipt] = []
    with SMTPServer(latency=0.05) as server:
        lane = carries(SmtpTransport(Relay(server.host, server.port)), threading.Event())
        began = time.monotonic()
        attend(carried(lane, receipts))
        seconds = time.monotonic() - began
        assert [mail.recipients[0] for mail in server.mails] == [
            receipt.relayed[0].address for receipt in receipts
        ]
        assert server.connections == 1
    assert isinstance(lane, Attended)
    assert len(receipts) == len(MAILS)
    assert seconds < 0.05 * (len(MAILS) + 5)


def test_a_mail_that_was_only_told_ahead_has_reached_nobody() -> None:
    """Though its envelope was answered: its talk is ended, and the next mail takes another."""
    receipts: list[Receipt] = []

    def work(lane: Attended) -> Waiting[None]:
        receipts.append((yield from lane.carry(MAILS[0], ahead(MAILS[1]))))
        yield from lane.part()
        receipts.append((yield from lane.carry(MAILS[2], ahead(None))))
        lane.give_back()

    with SMTPServer() as server:
        attend(work(carries(SmtpTransport(Relay(server.host, server.port)), threading.Event())))
        assert "RCPT TO:<r1@example.com>" in server.commands
        assert [mail.recipients for mail in server.mails] == [
            ("r0@example.com",),
            ("r2@example.com",),
        ]
    assert [len(receipt.relayed) for receipt in receipts] == [1, 1]


def test_any_transport_will_do() -> None:
    """In a thread for each mail, so that nobody else waits for it."""
    receipts: list[Receipt] = []
    threads: set[str] = set()

    class Odd:
        name = "odd:"

        def deliver(self, mail: SealedMail) -> Receipt:
            threads.add(threading.current_thread().name)
            if mail is MAILS[1]:
                raise OSError("lost it")
            return MemoryTransport().deliver(mail)

    lane = carries(Odd(), threading.Event())
    attend(carried(lane, receipts))
    assert [len(receipt.relayed) for receipt in receipts] == [1, 0, 1, 1]
    assert receipts[1].in_doubt
    assert threading.current_thread().name not in threads


def test_whoever_waits_for_the_rate_is_told_when_it_is_time_to_go() -> None:
    """His mail has reached nobody, and may be tried again."""
    receipts: list[Receipt] = []
    hurry = threading.Event()
    with SMTPServer() as server:
        relay = Relay(server.host, server.port, rate=Rate(1, 3600.0))
        threading.Timer(0.2, hurry.set).start()
        attend(carried(carries(SmtpTransport(relay), hurry), receipts))
        assert server.count == 1
    assert [len(receipt.relayed) for receipt in receipts] == [1, 0, 0, 0]
    assert all(receipt.error and receipt.error.kind == "temporary" for receipt in receipts[1:])
