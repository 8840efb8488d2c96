"""Several relays as one: every mail comes once or is told, and what is in doubt stays in doubt."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from flask_mailwright import MailError, Message
from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.smtp.attendant import Attendant
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.smtp.waiting import Waiting
from flask_mailwright.testing import SMTPServer
from flask_mailwright.timing import Timing
from flask_mailwright.transports import Transport
from flask_mailwright.transports.carrying import carries
from flask_mailwright.transports.failover import Failover, RoundRobin
from flask_mailwright.transports.memory import MemoryTransport
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.transports.url import transport_from_url
from flask_mailwright.world import World
from tests.apps import ANN, BOB, make_mail
from tests.smtp.script import a_mail

QUICK = Timing(connect=5, reply=0.4, content=0.4, final_dot=0.4)
STAGES = ["connect", "banner", "ehlo", "mail", "rcpt", "data", "bdat", "body", "final_dot"]
WAYS = ["drop", "reset", "stall", "421 4.3.0 going down", "garbage"]
DEATHS = [(stage, way) for stage in STAGES for way in WAYS if stage != "connect" or way in WAYS[:3]]
Road = Callable[[Transport, list[SealedMail]], list[Receipt]]


def relay(server: SMTPServer, timing: Timing | None = None) -> SmtpTransport:
    """A transport to it."""
    return SmtpTransport(Relay(server.host, server.port, timing=timing or Timing()))


def one_by_one(transport: Any, mails: list[SealedMail]) -> list[Receipt]:
    """As `mail.send` does."""
    return [transport.deliver(mail) for mail in mails]


def held(transport: Any, mails: list[SealedMail]) -> list[Receipt]:
    """As `mail.connect()` does."""
    with transport.connect() as connection:
        return [connection.deliver(mail) for mail in mails]


def in_parallel(transport: Any, mails: list[SealedMail]) -> list[Receipt]:
    """As `send_many` does."""
    return list(transport.deliver_in_parallel(iter(mails), bool))


def ahead(mail: SealedMail | None) -> Callable[[], SealedMail | None]:
    """Tells it."""
    return lambda: mail


def lanes(transport: Any, mails: list[SealedMail]) -> list[Receipt]:
    """As the outbox does, each mail told ahead of its turn."""
    receipts: list[Receipt] = []

    def work() -> Waiting[None]:
        lane = carries(transport, threading.Event())
        for mail, following in zip(mails, [*mails[1:], None], strict=True):
            receipts.append((yield from lane.carry(mail, ahead(following))))
        yield from lane.part()

    with Attendant(time.monotonic) as attendant:
        attendant.begin(work())
        attendant.finish()
    return receipts


ROADS = [one_by_one, held, in_parallel, lanes]


def numbered(count: int) -> list[SealedMail]:
    """Mails that differ in their only recipient."""
    return [a_mail(f"r{number}@example.com") for number in range(count)]


def came(*servers: SMTPServer) -> Counter[str]:
    """How often each recipient has got his mail."""
    return Counter(to for server in servers for mail in server.mails for to in mail.recipients)


def reached(receipts: Iterable[Receipt]) -> Counter[str]:
    """Who is said to have it."""
    return Counter(reply.address for receipt in receipts for reply in receipt.relayed)


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.__name__)
@pytest.mark.parametrize(("stage", "way"), DEATHS)
def test_a_relay_that_dies_at_a_stage(stage: Any, way: str, road: Road) -> None:
    """The other one takes over; each mail comes once, or is told to be in doubt and stays there."""
    mails = numbered(3)
    offer = {"chunking": stage == "bdat"}
    with SMTPServer(**offer) as first, SMTPServer(**offer) as second:
        first.fault(stage, way, times=None)
        pair = Failover([relay(first, QUICK), relay(second)], World())
        receipts = road(pair, mails)
        pair.close()
        everybody, told = came(first, second), reached(receipts)
        doubted = [receipt for receipt in receipts if receipt.in_doubt]
        assert not first.mails
    assert all(receipt.replies for receipt in receipts)
    assert everybody == told
    assert set(told.values()) <= {1}
    assert len(told) + len(doubted) == len(mails)
    assert not (doubted and stage not in ("final_dot", "bdat", "body"))
    assert all(receipt.tried for receipt in receipts if stage != "bdat")


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.__name__)
def test_in_doubt_on_the_first_never_reaches_the_second(road: Road) -> None:
    """Though the first keeps what it has never answered."""
    with SMTPServer(chunking=False) as first, SMTPServer(chunking=False) as second:
        first.fault("final_dot", "drop", accept=True, times=None)
        receipts = road(Failover([relay(first), relay(second)], World()), numbered(4))
        assert came(second) == Counter()
        assert set(came(first).values()) == {1}
    assert [len(receipt.in_doubt) for receipt in receipts] == [1] * 4


@pytest.mark.parametrize("code", [450, 550])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "final_dot"])
def test_who_is_refused_has_his_answer(stage: Any, code: int) -> None:
    """A relay that says no works; another one is not asked."""
    with SMTPServer(chunking=False) as first, SMTPServer() as second:
        first.refuse(stage, code)
        receipt = Failover([relay(first), relay(second)], World()).deliver(a_mail(ANN))
        assert [reply.code for reply in receipt.failed] == [code]
        assert second.connections == 0
    assert [each.relay for each in receipt.tried] == [f"smtp://{first.host}:{first.port}"]


def test_only_those_without_an_answer_move_on() -> None:
    """One was refused before the talk broke; the replies stand in the order of the envelope."""
    with SMTPServer(chunking=False) as first, SMTPServer() as second:
        first.refuse("rcpt", 550, address=ANN)
        first.drop("data")
        receipt = Failover([relay(first), relay(second)], World()).deliver(a_mail(ANN, BOB))
        assert came(first, second) == Counter({BOB: 1})
    assert [(reply.address, reply.action) for reply in receipt.replies] == [
        (ANN, "failed"),
        (BOB, "relayed"),
    ]
    assert receipt.error is not None
    assert receipt.error.kind == "permanent"
    assert "1 of 2 recipients not reached" in str(receipt.error)


@pytest.mark.parametrize("stage", ["banner", "ehlo"])
def test_a_relay_that_turns_us_away(stage: Any) -> None:
    """With 5yz: the talk never began, so the other one has the mail."""
    with SMTPServer() as first, SMTPServer() as second:
        first.refuse(stage, 554, times=None)
        first.refuse("helo", 554, times=None)
        receipt = Failover([relay(first), relay(second)], World()).deliver(a_mail(ANN))
        assert came(second) == Counter({ANN: 1})
    assert receipt.error is None


def test_a_relay_that_wants_a_login_has_not_heard_of_the_mail() -> None:
    """530 is no trouble of the mail."""
    with SMTPServer(users={"a": "b"}, require_auth=True) as first, SMTPServer() as second:
        Failover([relay(first), relay(second)], World()).deliver(a_mail(ANN))
        assert came(second) == Counter({ANN: 1})


@pytest.mark.parametrize("offer", [(), ("PIPELINING",)], ids=str)
def test_who_was_refused_stays_so_when_the_renewed_talk_fails_too(offer: tuple[str, ...]) -> None:
    """On a connection that was kept; the last word is the greeting's, but not for him."""
    with SMTPServer(extensions=offer) as first, SMTPServer() as second:
        with Failover([relay(first), relay(second)], World()).connect() as connection:
            connection.deliver(a_mail("zoe@example.com"))
            first.refuse("rcpt", 550, address=BOB, times=None)
            first.drop("data")
            first.drop("banner", times=None)
            receipt = connection.deliver(a_mail(ANN, BOB))
        assert came(second) == Counter({ANN: 1})
    assert [reply.code for reply in receipt.replies] == [250, 550]


def test_who_was_refused_in_a_group_within_a_group() -> None:
    """He has his answer there; what was tried is told by the outer one."""
    with SMTPServer(chunking=False) as first, SMTPServer() as third:
        first.refuse("rcpt", 550, address=BOB)
        first.drop("data")
        inner = Failover([relay(first), SmtpTransport(Relay("127.0.0.1", 1))], World())
        receipt = Failover([inner, relay(third)], World()).deliver(a_mail(ANN, BOB))
        assert came(third) == Counter({ANN: 1})
    assert [reply.code for reply in receipt.replies] == [250, 550]
    assert len(receipt.tried) == 2


def test_the_last_ones_error_is_the_groups() -> None:
    """Its kind and its pause, when nothing else is missing."""
    with SMTPServer() as server:
        url = f"failover(smtp://127.0.0.1:1 {server.url}?rate=1/h)"
        pair = transport_from_url(url, Relay("", timing=QUICK), World())
        pair.deliver(a_mail(ANN))
        receipt = pair.deliver(a_mail(ANN))
    assert receipt.error is not None
    assert receipt.error.stage == "rate"
    assert receipt.error.retry_in


def test_what_is_wrong_with_a_login_is_no_end_of_a_mail(tmp_path: Any) -> None:
    """The outbox keeps it, though the last relay's fault is ours to mend, and while all rest."""
    with SMTPServer(users={"u": "right"}) as server:
        port = server.port
        app, mail = make_mail(
            MAIL_URL=f"failover(smtp://127.0.0.1:1 smtp://u:wrong@127.0.0.1:{port})",
            MAIL_ENGINE="outbox",
            MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/outbox.sqlite",
            MAIL_TIMING={"retry_first": 0.1, "retry_most": 0.2},
        )
        tickets = [mail.send_later(Message(f"{n}", [ANN], "Hello")) for n in range(4)]
        time.sleep(1.5)
        assert [ticket.status() for ticket in tickets] == ["queued"] * 4
        for ticket in tickets:
            ticket.cancel()
        mail.close()
        assert app.name == "flasky"


def test_what_was_tried_is_told_in_staging_too() -> None:
    """Whoever gets the mail instead."""
    with SMTPServer() as first, SMTPServer() as second:
        first.drop("banner")
        url = f"failover({first.url} {second.url})"
        app, mail = make_mail(MAIL_URL=url, MAIL_REDIRECT_TO="qa@example.com")
        receipt = mail.send(Message("1", [ANN], "Hello"))
        (many,) = mail.send_many([Message("2", [ANN], "Hello")])
        assert many.relayed
        assert app.name == "flasky"
    assert len(receipt.tried) == 1


def test_a_relay_that_hangs_behind_the_login_rests() -> None:
    """So that each mail does not wait for it again."""
    with SMTPServer() as first, SMTPServer() as second:
        first.stall("mail", times=None)
        pair = Failover([relay(first, QUICK), relay(second)], World())
        one_by_one(pair, numbered(10))
        assert first.commands.count("EHLO [127.0.0.1]") <= 4
        assert second.count == 10


@pytest.mark.parametrize("road", [held, in_parallel, lanes], ids=lambda road: road.__name__)
def test_the_second_keeps_its_connections_while_the_first_is_down(road: Road) -> None:
    """One for many mails, as the first would."""
    with SMTPServer() as first, SMTPServer() as second:
        first.drop("banner", times=None)
        receipts = road(Failover([relay(first), relay(second)], World()), numbered(60))
        assert len(reached(receipts)) == 60
        assert second.connections <= 4


def test_two_who_hold_connections_do_not_wait_for_each_other() -> None:
    """Each wants the one that the other has just used."""
    with SMTPServer() as first, SMTPServer() as second:
        timing = Timing(connect=5)
        members = [SmtpTransport(Relay(s.host, s.port, connections=1, timing=timing))
                   for s in (first, second)]  # fmt: skip
        both, began = RoundRobin(members, World()), time.monotonic()
        with both.connect() as one, both.connect() as other:
            for connection in (one, other, one, other, other, one):
                assert connection.deliver(a_mail(ANN)).relayed
        assert time.monotonic() - began < 4
        assert (first.count, second.count) == (3, 3)


def test_all_of_them_are_down() -> None:
    """The error tells of each, in two lines; it is temporary."""
    with SMTPServer() as first, SMTPServer() as second:
        first.drop("banner", times=None)
        second.fault("ehlo", "421 4.3.0 going down", times=None)
        receipt = Failover([relay(first), relay(second)], World()).deliver(a_mail(ANN))
    assert receipt.error is not None
    assert receipt.error.kind == "temporary"
    told = str(receipt.error)
    assert told.startswith("None of 2 relays could be talked to: smtp://")
    assert len(told.splitlines()) == 2
    assert [each.relay for each in receipt.tried] == [
        f"smtp://{server.host}:{server.port}" for server in (first, second)
    ]


def test_a_password_that_the_first_refuses() -> None:
    """No relay has heard of the mail yet: the other takes it."""
    with SMTPServer(users={"ann": "secret"}) as first, SMTPServer() as second:
        url = f"failover(smtp://ann:wrong@{first.host}:{first.port} {second.url})"
        receipt = transport_from_url(url, Relay(""), World()).deliver(a_mail(ANN))
        assert came(second) == Counter({ANN: 1})
    assert "wrong" not in str(receipt)
    assert receipt.error is None


def test_a_relay_that_is_back_is_the_first_again() -> None:
    """After its rest."""
    clock = Clock()
    with SMTPServer() as first, SMTPServer() as second:
        first.drop("banner", times=3)
        world = World(monotonic=clock)
        pair = Failover(
            [SmtpTransport(Relay(s.host, s.port), world) for s in (first, second)], world
        )
        one_by_one(pair, numbered(5))
        assert (first.connections, first.count, second.count) == (3, 0, 5)
        clock.now += 100
        one_by_one(pair, numbered(2))
        assert (first.count, second.count) == (2, 5)


class Clock:
    """Time as the test has it."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("road", [one_by_one, in_parallel, lanes], ids=lambda road: road.__name__)
def test_turn_and_turn_about(road: Road) -> None:
    """Each relay has the same number of 10,000 mails; while one rests the other has all of them."""
    number = 10_000 if road is not one_by_one else 2_000
    mails = numbered(number)
    with SMTPServer(keep=False) as first, SMTPServer(keep=False) as second:
        both = RoundRobin([relay(first), relay(second)], World())
        receipts = road(both, mails)
        assert sum(len(receipt.relayed) for receipt in receipts) == number
        assert (first.count, second.count) == (number / 2, number / 2)
        both.close()
        first.drop("banner", times=None)
        before = first.connections
        receipts = road(RoundRobin([relay(first), relay(second)], World()), mails[:1000])
        assert sum(len(receipt.relayed) for receipt in receipts) == 1000
        assert (first.count, second.count) == (number / 2, number / 2 + 1000)
        assert first.connections - before <= 12


def test_who_may_not_be_reached_by_anybody() -> None:
    """A group is local when all of it is; it has the connections of the best, or of all."""
    memory, smtp = MemoryTransport(), SmtpTransport(Relay("localhost", connections=3))
    assert Failover([memory, memory], World()).local
    assert not Failover([smtp, memory], World()).local
    assert Failover([smtp, memory], World()).connections == 3
    assert RoundRobin([smtp, memory], World()).connections == 4
    assert (
        RoundRobin([smtp, memory], World()).patient.name
        == "roundrobin(smtp://localhost:25 memory:)"
    )


def test_groups_within_groups() -> None:
    """What is deepest is tried as one."""
    with SMTPServer() as down, SMTPServer() as second, SMTPServer() as third:
        down.drop("banner", times=None)
        url = f"failover({down.url} roundrobin({second.url} {third.url}))"
        transport = transport_from_url(url, Relay(""), World())
        receipts = one_by_one(transport, numbered(6))
        assert sum(len(receipt.relayed) for receipt in receipts) == 6
        assert (second.count, third.count) == (3, 3)


def test_what_moves_on_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A WARNING for each relay that was really asked; one that rests is not worth a line."""
    with SMTPServer() as first, SMTPServer() as second, caplog.at_level(logging.WARNING):
        first.drop("banner", times=None)
        one_by_one(Failover([relay(first), relay(second)], World()), numbered(10))
    assert caplog.text.count("goes to another relay: smtp://") == 3


def test_an_app_with_two_relays(tmp_path: Any) -> None:
    """`send`, `send_many`, `connect` and the outbox, whose mail goes when one of them works."""
    with SMTPServer() as first, SMTPServer() as second:
        _, mail = make_mail(
            MAIL_URL=f"failover({first.url} {second.url})",
            MAIL_ENGINE="outbox",
            MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/outbox.sqlite",
            MAIL_TIMING={"retry_first": 0.2},
        )
        first.stop()
        second.drop("banner", times=2)
        ticket = mail.send_later(Message("Later", [ANN], "Hello"))
        assert ticket.wait(20).relayed
        assert len(list(mail.send_many(Message(f"{n}", [ANN], "Hello") for n in range(20)))) == 20
        with mail.connect() as connection:
            receipt = connection.send(Message("Held", [ANN], "Hello"))
        assert mail.send(Message("Now", [ANN], "Hello")).relayed
        mail.close()
        assert second.count == 23
        assert receipt.relayed
        second.stop()
        with pytest.raises(MailError, match="None of 2 relays"):
            mail.send(Message("Never", [ANN], "Hello"))
