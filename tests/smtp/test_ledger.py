"""The ledger keeps one answer per recipient."""

from flask_mailwright.smtp.failure import Failure
from flask_mailwright.smtp.ledger import Ledger
from flask_mailwright.smtp.replies import RelayReply
from tests.smtp.script import a_mail


def test_the_first_answer_stands() -> None:
    """Whatever comes later, who was relayed stays relayed."""
    ledger = Ledger(a_mail("a@x.org", "b@x.org"))
    ledger.relay([0], RelayReply(250, ("ok",)))
    ledger.refuse([0, 1], RelayReply(550, ("no",)), "rcpt")
    assert [reply.action for reply in ledger.receipt().replies] == ["relayed", "failed"]


def test_a_failure_answers_for_the_rest() -> None:
    """Those without an answer get the failure's, in the order of the envelope."""
    ledger = Ledger(a_mail("a@x.org", "b@x.org", "c@x.org"))
    ledger.relay([1], RelayReply(250, ("ok",)))
    failure = Failure("did not answer MAIL within 30 s", "mail")
    receipt = ledger.broken_off(failure, "smtp://mx:25")
    assert [str(reply) for reply in receipt.replies] == [
        "a@x.org: failed the relay did not answer MAIL within 30 s",
        "b@x.org: relayed 250 ok",
        "c@x.org: failed the relay did not answer MAIL within 30 s",
    ]
    assert str(receipt.error) == ("smtp://mx:25 did not answer MAIL within 30 s.\nTry again later.")
