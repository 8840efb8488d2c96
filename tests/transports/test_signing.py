"""A transport before which a signer stands: what it has of the other, and the order of receipts."""

from collections.abc import Iterator
from threading import Event

import pytest

from flask_mailwright.compose.dkim.signer import Identity, Signer
from flask_mailwright.compose.dkim.sources import Asked
from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.errors import DeliveryError
from flask_mailwright.message import Message
from flask_mailwright.sealing import Origin
from flask_mailwright.smtp.ledger import Ledger
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.smtp.waiting import Call, run
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports import deliver, deliver_many
from flask_mailwright.transports.before import TransportBefore
from flask_mailwright.transports.memory import MemoryTransport
from flask_mailwright.transports.signing import signing
from flask_mailwright.transports.smtp import SmtpTransport
from tests.signed import NOW, RSA, pem, signer, verdicts

ORIGIN = Origin("app")


class Signs:
    """Refuses to sign the mails with these subjects; counts what it signs."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.signed: list[str] = []
        self.slow = False

    def waits(self, mail: SealedMail) -> bool:
        """As it is set."""
        return self.slow

    def sign(self, mail: SealedMail) -> SealedMail:
        """With the tests' key."""
        if mail.subject in self.refused:
            raise DeliveryError("no key", kind="configuration", stage="sign")
        self.signed.append(mail.subject)
        return signer().sign(mail)


def sealed(subject: str) -> SealedMail:
    """A mail that can be signed."""
    message = Message(subject, [f"{subject}@example.com"], "Hello")
    message.sender = f"flasky@{RSA}"
    return message.seal(ORIGIN)


def row(number: int) -> list[SealedMail]:
    """Some of them."""
    return [sealed(f"{n}") for n in range(number)]


def outcomes(receipts: Iterator[Receipt]) -> list[tuple[str, str]]:
    """Whose, and what."""
    return [(reply.address[0], reply.action) for receipt in receipts for reply in receipt.replies]


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay."""
    with SMTPServer() as found:
        yield found


def over(server: SMTPServer) -> SmtpTransport:
    """To this relay."""
    return SmtpTransport(Relay(server.host, server.port))


def test_it_has_what_the_other_has(server: SMTPServer) -> None:
    """And nothing else: engines ask for what there is."""
    relay, memory = (
        signing(over(server), Signs()),
        signing(MemoryTransport(), Signs()),
    )
    assert (relay.name, memory.name) == (f"smtp://127.0.0.1:{server.port}", "memory:")
    assert (relay.connections, memory.local) == (4, True)
    for name in ("patient", "connect", "carrier", "deliver_in_parallel", "connections"):
        assert hasattr(relay, name)
        assert not hasattr(memory, name)
    assert not hasattr(relay, "local")
    assert isinstance(relay.patient, TransportBefore)


def test_receipts_come_in_order(server: SMTPServer) -> None:
    """The refused among the others, over one connection, one after another or several at once."""
    expected = [(f"{n}", "failed" if n in (0, 3, 4, 9) else "relayed") for n in range(10)]
    transport, signs = over(server), Signs("0", "3", "4", "9")
    signed = signing(transport, signs)
    assert outcomes(deliver_many(signed, row(10))) == expected
    assert server.connections == 1
    assert outcomes(signed.deliver_in_parallel(iter(row(10)), bool)) == expected
    with signed.connect() as held:
        assert outcomes(deliver(held, mail) for mail in row(10)) == expected
    assert signs.signed == [*"125678"] * 3
    assert all(verdicts(mail.content) == [True] for mail in server.mails)
    transport.close()


def test_what_the_iterable_raises_comes_behind_the_answers(server: SMTPServer) -> None:
    """As over any transport."""

    def mails() -> Iterator[SealedMail]:
        yield from row(3)
        raise LookupError("the database is gone")

    signed = signing(over(server), Signs("1"))
    receipts = signed.deliver_many(mails())
    assert [next(receipts).error is None for _ in range(3)] == [True, False, True]
    with pytest.raises(LookupError):
        next(receipts)


def test_once_it_is_stopped_nobody_is_asked_for_more(server: SMTPServer) -> None:
    """Those that were begun have receipts, and no others."""
    transport, stopped = over(server), Event()
    signed = signing(transport, Signs("5"))
    mails = iter(row(9))
    receipts = signed.deliver_in_parallel(mails, stopped.is_set)
    first = next(receipts)
    stopped.set()
    rest = list(receipts)
    assert [receipt.error for receipt in (first, *rest)] == [None] * (1 + len(rest))
    assert server.count == 1 + len(rest) <= 5
    transport.close()


def test_a_key_that_is_asked_for_keeps_no_other_lane(server: SMTPServer) -> None:
    """Whoever attends to many connections has it asked in a thread, and nothing rides meanwhile."""
    transport, signs = over(server), Signs("2")
    carrier = signing(transport, signs).carrier(None)
    signs.slow = True
    first, second, third = map(Ledger, row(3))
    waiting = carrier.carry(first, lambda: second)
    asked = next(waiting)
    assert isinstance(asked, Call)
    signs.slow = False
    waiting.close()
    assert run(carrier.carry_next(first, lambda: second)).error is None
    assert run(carrier.carry_next(second, lambda: third)).error is None
    assert signs.signed == ["0", "1"]
    refused = run(carrier.carry_next(third, lambda: None))
    assert outcomes(iter([refused])) == [("2", "failed")]
    assert refused.error is not None
    assert refused.error.kind == "configuration"
    carrier.give_back()
    transport.close()


def test_a_source_that_waits(server: SMTPServer) -> None:
    """A callable is asked once for all mails."""
    answers = [pem()]
    source = Asked("MAIL_DKIM_KEY", answers.pop, lambda: 0.0)
    found = Signer([Identity(RSA, "s1", source)], lambda: NOW)
    assert outcomes(deliver_many(signing(MemoryTransport(), found), row(5))) == [
        (f"{n}", "relayed") for n in range(5)
    ]
    assert answers == []
