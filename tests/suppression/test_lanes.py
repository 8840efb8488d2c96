"""Lanes of mail before which the suppression list stands: as fast as without, and nobody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from flask_mailwright.envelope import Receipt, Recipient, SealedMail
from flask_mailwright.smtp.attendant import Attendant
from flask_mailwright.smtp.rate import Rate
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.smtp.waiting import Waiting
from flask_mailwright.suppression import Suppression
from flask_mailwright.suppression.asking import Asking
from flask_mailwright.suppression.spelling import Spelled
from flask_mailwright.suppression.transport import unless_suppressed
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports.before import TransportBefore
from flask_mailwright.transports.carrying import Attended, carries
from flask_mailwright.transports.memory import MemoryTransport
from flask_mailwright.transports.smtp import SmtpTransport
from tests.smtp.script import a_mail
from tests.suppression.stores import AWAY, OwnStore

LATENCY = 0.03
MAILS = [a_mail(f"r{number}@example.com") for number in range(6)]
BOTH = MAILS[3]._replace(
    envelope=MAILS[3].envelope._replace(
        recipients=(Recipient("r3@example.com"), Recipient("r9@example.com"))
    )
)


class Store(OwnStore):
    """Far away, or at hand; it may take its time for one address."""

    waits = True
    slow = ""
    answers = 99
    """Questions that it answers before it is away."""

    def find(
        self,
        addresses: Sequence[str],
        list: str | None,  # noqa: A002
    ) -> Mapping[str, Suppression]:
        """As the Protocol says."""
        if self.slow in addresses:
            threading.Event().wait(0.5)
        if len(self.asked) == self.answers:
            raise AWAY
        return super().find(addresses, list)


@pytest.fixture(params=[True, False], ids=["server", "file"])
def store(request: pytest.FixtureRequest) -> Store:
    """Of both kinds."""
    found = Store()
    found.waits = request.param
    return found


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """A relay that is far away too."""
    with SMTPServer(latency=LATENCY) as found:
        yield found


def over(server: SMTPServer, store: OwnStore) -> TransportBefore:
    """To this relay."""
    relay = SmtpTransport(Relay(server.host, server.port))
    return unless_suppressed(relay, Asking(Spelled(store), time.monotonic))


def attend(*waiting: Waiting[None]) -> None:
    """To their ends, in this thread."""
    with Attendant(time.monotonic) as attendant:
        for each in waiting:
            attendant.begin(each)
        attendant.finish()


def ahead(mail: SealedMail | None) -> Callable[[], SealedMail | None]:
    """Tells it."""
    return lambda: mail


def carried(
    transport: TransportBefore, mails: Sequence[SealedMail], receipts: list[Receipt]
) -> Waiting[None]:
    """Over one lane, each with the next one ahead."""
    lane: Attended = carries(transport, threading.Event())
    for mail, following in zip(mails, [*mails[1:], None], strict=True):
        receipts.append((yield from lane.carry(mail, ahead(following))))
    yield from lane.part()


def reached(server: SMTPServer) -> list[str]:
    """Whom mail came for."""
    return [address for mail in server.mails for address in mail.recipients]


def actions(receipts: list[Receipt]) -> list[str]:
    """Of each recipient."""
    return [reply.action for receipt in receipts for reply in receipt.replies]


def test_envelopes_ride_though_nobody_was_asked_yet(store: Store) -> None:
    """One round trip for each mail, and one question to a server; two would take 1.6 s."""
    store.add("other@example.com", "asked")
    receipts: list[Receipt] = []
    with SMTPServer(latency=0.1) as server:
        began = time.monotonic()
        attend(carried(over(server, store), MAILS, receipts))
        assert time.monotonic() - began < 1.4
        assert actions(receipts) == ["relayed"] * len(MAILS)
        assert reached(server) == [f"r{number}@example.com" for number in range(6)]
        asked = len(MAILS) if store.waits else 2 * len(MAILS) - 1
        assert (server.connections, len(store.asked)) == (1, asked)


@pytest.mark.parametrize("gone", [(0,), (2,), (2, 3), (5,), tuple(range(6))], ids=str)
def test_content_never_leaves_for_who_is_suppressed(
    server: SMTPServer, store: Store, gone: tuple[int, ...]
) -> None:
    """Also where his envelope had gone ahead; all others get theirs once, in order."""
    for number in gone:
        store.add(f"r{number}@example.com", "asked")
    receipts: list[Receipt] = []
    attend(carried(over(server, store), MAILS, receipts))
    assert actions(receipts) == [
        "suppressed" if number in gone else "relayed" for number in range(6)
    ]
    assert reached(server) == [f"r{n}@example.com" for n in range(6) if n not in gone]


def test_a_mail_for_some(server: SMTPServer, store: Store) -> None:
    """Its replies are in the order of its own envelope."""
    store.add("r3@example.com", "asked")
    receipts: list[Receipt] = []
    attend(carried(over(server, store), [MAILS[0], BOTH, MAILS[1]], receipts))
    assert actions(receipts) == ["relayed", "suppressed", "relayed", "relayed"]
    assert [each.address for each in receipts[1].replies] == ["r3@example.com", "r9@example.com"]
    assert reached(server) == ["r0@example.com", "r9@example.com", "r1@example.com"]


def test_some_of_a_mail_fail(server: SMTPServer, store: Store) -> None:
    """The error is about those who were tried, and names all replies."""
    store.add("r3@example.com", "asked")
    server.refuse("rcpt", 450, address="r9@example.com", times=None)
    receipts: list[Receipt] = []
    attend(carried(over(server, store), [MAILS[0], BOTH], receipts))
    error = receipts[1].error
    assert error is not None
    assert (error.kind, [reply.action for reply in error.replies]) == (
        "temporary",
        ["suppressed", "failed"],
    )


def test_a_store_that_takes_its_time_keeps_no_other_lane(server: SMTPServer) -> None:
    """The thread that attends to both goes on."""
    store, moments = Store(), list[float]()
    store.slow = "r0@example.com"
    receipts: list[Receipt] = []

    def lane(mails: list[SealedMail]) -> Waiting[None]:
        yield from carried(over(server, store), mails, receipts)
        moments.append(time.monotonic())

    attend(lane(MAILS[:1]), lane(MAILS[1:2]))
    assert moments[1] - moments[0] > 0.2
    assert actions(receipts) == ["relayed"] * 2


def test_a_store_that_goes_away_while_an_envelope_rides(server: SMTPServer) -> None:
    """The mail of a list is not sent, and the next one of none is."""
    store, receipts = Store(), list[Receipt]()
    store.answers = 1
    news = [MAILS[0], MAILS[1]._replace(list="news"), MAILS[2]]
    attend(carried(over(server, store), news, receipts))
    assert "RCPT TO:<r1@example.com>" in server.commands
    assert actions(receipts) == ["relayed", "failed", "relayed"]
    assert reached(server) == ["r0@example.com", "r2@example.com"]


def test_who_leaves_while_his_envelope_rides(store: Store) -> None:
    """He is asked about in his turn, for the mail before may have been minutes under way."""
    receipts: list[Receipt] = []
    with SMTPServer(on_mail=lambda mail: store.add("r1@example.com", "clicked")) as server:
        attend(carried(over(server, store), MAILS[:3], receipts))
        assert actions(receipts) == ["relayed", "suppressed", "relayed"]
        assert reached(server) == ["r0@example.com", "r2@example.com"]


def test_who_leaves_while_others_of_many_get_theirs(store: Store) -> None:
    """It does not count when a mail was taken from the iterable, long before its turn."""
    mails = [a_mail(f"r{number}@example.com") for number in range(24)]
    with SMTPServer(on_mail=lambda mail: store.add("r23@example.com", "clicked")) as server:
        receipts = list(over(server, store).deliver_in_parallel(iter(mails), bool))
        assert actions(receipts) == ["relayed"] * 23 + ["suppressed"]
        assert len(reached(server)) == 23


def test_who_leaves_while_the_mail_before_is_under_way(store: Store) -> None:
    """Over one connection too, as the threads of an engine deliver."""
    with SMTPServer(on_mail=lambda mail: store.add("r1@example.com", "clicked")) as server:
        receipts = list(over(server, store).deliver_many(MAILS))
        assert actions(receipts) == ["relayed", "suppressed"] + ["relayed"] * 4
        assert len(reached(server)) == 5


def begin(timer: threading.Timer) -> None:
    """With the first mail."""
    if timer.ident is None:
        timer.start()


def test_who_leaves_while_the_relays_rate_is_waited_for(store: Store) -> None:
    """It may be minutes, and they are before his turn; that is not lost to the others."""
    leaving = threading.Timer(0.15, store.add, ("r1@example.com", "clicked"))
    with SMTPServer(on_mail=lambda mail: begin(leaving)) as server:
        relay = SmtpTransport(Relay(server.host, server.port, rate=Rate(2, 1.0)))
        slow = unless_suppressed(relay, Asking(Spelled(store), time.monotonic))
        began = time.monotonic()
        receipts = list(slow.deliver_many(MAILS[:3]))
        assert actions(receipts) == ["relayed", "suppressed", "relayed"]
        assert time.monotonic() - began < 0.9


def test_it_has_what_the_other_has(server: SMTPServer) -> None:
    """And nothing else: engines ask for what there is."""
    relay = over(server, OwnStore())
    memory = unless_suppressed(MemoryTransport(), Asking(Spelled(OwnStore()), time.monotonic))
    for name in ("patient", "connect", "carrier", "deliver_in_parallel", "connections"):
        assert hasattr(relay, name)
        assert not hasattr(memory, name)
    assert (memory.local, relay.connections) == (True, 4)
    assert not hasattr(relay, "local")


def test_several_at_once(server: SMTPServer, store: Store) -> None:
    """As `send_many` does it: receipts in order, over several connections."""
    for number in (0, 7, 8, 39):
        store.add(f"r{number}@example.com", "asked")
    mails = [a_mail(f"r{number}@example.com") for number in range(40)]
    receipts = list(over(server, store).deliver_in_parallel(iter(mails), bool))
    assert actions(receipts) == [
        "suppressed" if number in (0, 7, 8, 39) else "relayed" for number in range(40)
    ]
    assert [r.replies[0].address for r in receipts] == [f"r{n}@example.com" for n in range(40)]
    assert len(reached(server)) == 36
