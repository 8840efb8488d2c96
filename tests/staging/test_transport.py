"""A transport behind which staging stands: who is connected for, in which order, who is asked."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.message import Message
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.staging import Staging
from flask_mailwright.staging.allowlist import Allowlist
from flask_mailwright.staging.transport import staged
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports import deliver_many
from flask_mailwright.transports.memory import MemoryTransport
from flask_mailwright.transports.smtp import SmtpTransport
from tests.apps import ANN, BOB, parsed
from tests.compose.strategies import ORIGIN

QA = "qa@example.org"
ONLY_ANN = Staging(Allowlist.of([ANN]))
REDIRECTED = ONLY_ANN._replace(redirect=(QA,))


def sealed(subject: str, *to: str) -> SealedMail:
    """A mail for these."""
    return Message(subject, list(to), "Hello").seal(ORIGIN)


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay."""
    with SMTPServer() as found:
        yield found


def over(server: SMTPServer) -> SmtpTransport:
    """To this relay."""
    return SmtpTransport(Relay(server.host, server.port))


def came(server: SMTPServer) -> list[tuple[str, tuple[str, ...]]]:
    """What came, for whom."""
    return [(str(parsed(mail)["Subject"]), mail.recipients) for mail in server.mails]


def actions(receipts: Iterable[Receipt]) -> list[list[str]]:
    """Of each mail, for each of its recipients."""
    return [[reply.action for reply in receipt.replies] for receipt in receipts]


def test_a_mail_for_nobody_makes_no_connection(server: SMTPServer) -> None:
    """One by one, or in a row."""
    found = staged(over(server), ONLY_ANN)
    mail = sealed("Hi", BOB)
    assert found.deliver(mail).is_suppressed
    assert actions(found.deliver_many([mail, mail])) == [["suppressed"]] * 2
    with found.connect() as held:
        assert held.deliver(mail).is_suppressed
    assert server.connections == 0


MIXED = [(ANN,), (BOB,), (ANN, BOB), (BOB, ANN), (BOB,), (BOB,), (ANN,)]


@pytest.mark.parametrize("staging", [ONLY_ANN, REDIRECTED])
def test_receipts_come_in_order(server: SMTPServer, staging: Staging) -> None:
    """One for each mail, one reply for each of its recipients, over one connection."""
    transport = over(server)
    mails = [sealed(f"{n}", *to) for n, to in enumerate(MIXED)]
    receipts = list(staged(transport, staging).deliver_many(mails))
    assert [receipt.message_id for receipt in receipts] == [mail.message_id for mail in mails]
    other = "relayed" if staging.redirect else "suppressed"
    assert actions(receipts) == [["relayed" if to == ANN else other for to in p] for p in MIXED]
    assert [each for each in came(server) if each[1] == (ANN,)] == [
        (f"{n}", (ANN,)) for n, to in enumerate(MIXED) if ANN in to
    ]
    assert {each[1] for each in came(server)} <= {(ANN,), (QA,)}
    assert server.connections == 1
    transport.close()


def test_mails_are_taken_as_the_other_takes_them(server: SMTPServer) -> None:
    """One ahead, so that a lane of the outbox can say what was begun."""
    taken: list[int] = []

    def mails() -> Iterator[SealedMail]:
        for number, to in enumerate(MIXED):
            taken.append(number)
            yield sealed(f"{number}", *to)

    transport = over(server)
    for number, _ in enumerate(staged(transport, REDIRECTED).deliver_many(mails())):
        assert len(taken) <= number + 2
    transport.close()


def test_whoever_leaves_has_begun_nothing_more(server: SMTPServer) -> None:
    """What was taken ahead has reached nobody."""
    transport = over(server)
    mails = [sealed(f"{n}", ANN, BOB) for n in range(5)]
    receipts = staged(transport, REDIRECTED).deliver_many(mails)
    next(receipts)
    receipts.close()  # type: ignore[attr-defined]
    transport.close()
    assert came(server) == [("0", (ANN,)), ("0", (QA,))]


@pytest.mark.parametrize("last", [ANN, BOB])
def test_what_the_iterable_raises_comes_behind_the_answers(server: SMTPServer, last: str) -> None:
    """As without staging."""

    def mails() -> Iterator[SealedMail]:
        yield sealed("first", ANN)
        yield sealed("last", last)
        raise LookupError("the database is gone")

    transport = over(server)
    receipts = staged(transport, ONLY_ANN).deliver_many(mails())
    answer = "relayed" if last == ANN else "suppressed"
    assert actions([next(receipts), next(receipts)]) == [["relayed"], [answer]]
    with pytest.raises(LookupError, match="the database is gone"):
        next(receipts)
    transport.close()


def test_half_a_mail_is_told_as_such(server: SMTPServer) -> None:
    """The allowed have it, the redirect refuses: each recipient has the answer that is his."""
    server.refuse("rcpt", 450, address=QA, times=None)
    transport = over(server)
    mails = [sealed("a", ANN, BOB), sealed("b", BOB)]
    receipts = list(staged(transport, REDIRECTED).deliver_many(mails))
    assert actions(receipts) == [["relayed", "failed"], ["failed"]]
    assert [receipt.error.kind for receipt in receipts if receipt.error] == ["temporary"] * 2
    assert all(receipt.failed[0].address == BOB for receipt in receipts)
    assert all(receipt.failed[0].transient for receipt in receipts)
    transport.close()


class Plain:
    """A transport of the user's own, with no more than it owes."""

    name = "plain:"

    def __init__(self, deliver: Callable[[SealedMail], Receipt]) -> None:
        self.deliver = deliver


def raising(mail: SealedMail) -> Receipt:
    """A bug."""
    raise ZeroDivisionError


def test_a_transport_that_raises() -> None:
    """Its mails are in doubt, those for nobody are not."""
    found = staged(Plain(raising), ONLY_ANN)
    mails = [sealed("a", ANN, BOB), sealed("b", BOB)]
    assert actions(deliver_many(found, mails)) == [["in_doubt", "suppressed"], ["suppressed"]]


@pytest.mark.parametrize("name", ["connections", "local", "patient", "connect"])
def test_it_has_what_the_other_has(name: str, server: SMTPServer) -> None:
    """Those who look for it find it there, or not."""
    others: list[Any] = [over(server), MemoryTransport(), Plain(raising)]
    for other in others:
        assert hasattr(staged(other, ONLY_ANN), name) is hasattr(other, name)
    assert staged(others[0], ONLY_ANN).name == others[0].name
    assert staged(others[0], ONLY_ANN).connections == 4
    assert staged(others[1], ONLY_ANN).local is True


def test_the_patient_one_is_staged_too(server: SMTPServer) -> None:
    """Nobody finds a way around."""
    transport = over(server)
    patient = staged(transport, ONLY_ANN).patient
    assert patient.deliver(sealed("Hi", BOB)).is_suppressed
    assert not hasattr(patient, "deliver_in_parallel")
    assert server.connections == 0
