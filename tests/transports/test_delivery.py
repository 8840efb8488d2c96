"""What we make of a transport that does not do as it should: no lie, and an answer for each."""

from collections.abc import Iterable, Iterator

import pytest

from flask_mailwright import DeliveryError, MailError, Message, Receipt, Reply, SealedMail
from flask_mailwright.sealing import Origin
from flask_mailwright.transports import deliver, deliver_many
from tests.apps import ANN, BOB


def sealed(subject: str) -> SealedMail:
    """A mail for two."""
    return Message(subject, [ANN, BOB], "Hello", sender=ANN).seal(Origin())


def relayed(mail: SealedMail) -> Receipt:
    """A good answer."""
    replies = (Reply(to.address, "relayed") for to in mail.envelope.recipients)
    return Receipt(mail.message_id, tuple(replies))


class Single:
    """Answers or raises by subject."""

    name = "single"

    def deliver(self, mail: SealedMail) -> Receipt:
        """As the subject says."""
        match mail.subject:
            case "broken":
                raise KeyError("no such key")
            case "away":
                raise DeliveryError("the provider is away", kind="temporary", stage="connect")
            case "silent":
                return Receipt(mail.message_id, ())
            case "refused":
                return Receipt(mail.message_id, (Reply(ANN, "relayed"), Reply(BOB, "failed")))
        return relayed(mail)


class Many(Single):
    """The same in one go, up to the first that is broken; `pause` ends a go early."""

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """Takes a mail ahead before it answers."""
        for mail in mails:
            if mail.subject == "pause":
                return
            yield self.deliver(mail)
            if mail.subject == "twice":
                yield self.deliver(mail)


def told(transport: Single, *subjects: str) -> list[str]:
    """The kind of each receipt's error, in the order of the mails."""
    mails = [sealed(subject) for subject in subjects]
    receipts = list(deliver_many(transport, iter(mails)))
    assert [receipt.message_id for receipt in receipts] == [mail.message_id for mail in mails]
    return [receipt.error.kind if receipt.error else "relayed" for receipt in receipts]


@pytest.mark.parametrize("transport", [Single(), Many()])
def test_one_answer_for_each_mail(transport: Single) -> None:
    """One that raises, says nothing or too little costs no other mail its delivery."""
    assert told(transport, "a", "broken", "b", "silent", "away", "c", "refused") == [
        *("relayed", "in_doubt", "relayed", "in_doubt", "temporary", "relayed", "permanent")
    ]


def test_a_go_that_ends_early() -> None:
    """What it took and never answered is in doubt; the rest goes with the next."""
    assert told(Many(), "a", "pause", "b", "pause") == [
        *("relayed", "in_doubt", "relayed", "in_doubt")
    ]


def test_an_answer_too_many_is_dropped() -> None:
    """It belongs to nobody, and the next mail waits for its own."""
    assert told(Many(), "a", "twice", "b") == ["relayed", "relayed", "relayed"]


def test_an_exception_leaves_us_in_doubt() -> None:
    """Nobody knows how far it came; the cause is in the error, and in the log."""
    receipt = deliver(Single(), sealed("broken"))
    assert receipt.replies == (
        Reply(ANN, "in_doubt", text="the transport raised KeyError"),
        Reply(BOB, "in_doubt", text="the transport raised KeyError"),
    )
    assert isinstance(receipt.error, DeliveryError)
    assert isinstance(receipt.error.__cause__, KeyError)


def test_a_mail_error_is_believed() -> None:
    """A transport that raises one has told the kind, and each recipient gets it as reply."""
    receipt = deliver(Single(), sealed("away"))
    assert isinstance(receipt.error, MailError)
    assert (receipt.error.kind, receipt.error.stage) == ("temporary", "connect")
    assert [reply.transient for reply in receipt.failed] == [True, True]
    assert receipt.error.replies == receipt.replies


def test_a_failure_without_error_gets_one() -> None:
    """`raise_for_failure` raises for a transport that forgot to."""
    receipt = deliver(Single(), sealed("refused"))
    with pytest.raises(DeliveryError, match="1 of 2 recipients not reached"):
        receipt.raise_for_failure()


def test_mails_are_taken_as_they_are_answered() -> None:
    """Nothing is pulled before its turn."""
    pulled: list[str] = []

    def mails() -> Iterator[SealedMail]:
        for subject in ("a", "b", "c"):
            pulled.append(subject)
            yield sealed(subject)

    for transport in (Single(), Many()):
        pulled.clear()
        receipts = deliver_many(transport, mails())
        next(receipts)
        assert pulled == ["a"]
        assert len(list(receipts)) == 2
