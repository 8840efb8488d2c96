"""What an attempt means: who is tried again and when, who is answered for good."""

from typing import Any

import pytest

from flask_mailwright import Message, Receipt, Reply
from flask_mailwright.engines.outbox.judgement import expired, judge, pause
from flask_mailwright.engines.outbox.rows import Claimed, Outcome
from flask_mailwright.errors import DeliveryError, Kind, MailError
from flask_mailwright.sealing import Origin
from flask_mailwright.timing import Timing
from tests.apps import ANN, BOB, SENDER

NOW = 1_000_000.0
TOOK = Reply(BOB, "relayed", 250)


def claimed(**others: Any) -> Claimed:
    """Ann's and Bob's mail, at its first attempt."""
    mail = Message("Hi", [ANN, BOB], "Hello", sender=SENDER).seal(Origin())
    first = Claimed(mail, NOW, None, "retry", attempts=1, crashes=0, replies=())
    return first._replace(**others)


def judged(*replies: Reply, error: MailError | None = None, **others: Any) -> Outcome:
    """Ten seconds behind its submission."""
    missed = any(reply.action != "relayed" for reply in replies)
    error = error or (DeliveryError.from_replies(replies, "rcpt") if missed else None)
    return judge(claimed(**others), Receipt("<1@x>", replies, error), NOW + 10, 0.5, Timing())


def ann(**others: Any) -> Reply:
    """Ann's reply, a failure if nothing else is said."""
    return Reply(ANN, "failed", 450, transient=True)._replace(**others)


def test_only_those_without_an_answer_are_tried_again() -> None:
    """Who has the mail does not get it twice."""
    outcome = judged(ann(), TOOK)
    assert (outcome.status, outcome.due) == ("queued", NOW + 20)
    assert [reply.action for reply in outcome.replies] == ["delayed", "relayed"]
    again = claimed(replies=outcome.replies, attempts=2)
    assert [to.address for to in again.narrowed.envelope.recipients] == [ANN]
    last = judge(again, Receipt("<1@x>", (ann(action="relayed"),), None), NOW + 20, 0.5, Timing())
    assert (last.status, [reply.action for reply in last.replies]) == ("done", ["relayed"] * 2)


def test_a_5yz_is_an_answer() -> None:
    """Nobody is asked twice who has said never."""
    outcome = judged(ann(code=550, transient=False), TOOK)
    assert (outcome.status, outcome.replies[0].action) == ("failed", "failed")


@pytest.mark.parametrize(("on_doubt", "status"), [("retry", "queued"), ("hold", "held")])
def test_doubt_is_tried_again_or_held(on_doubt: str, status: str) -> None:
    """As the order says."""
    outcome = judged(ann(action="in_doubt", code=None), TOOK, on_doubt=on_doubt)
    assert outcome.status == status


@pytest.mark.parametrize("over", [{"expires": NOW + 15}, {"since": NOW - 5 * 86_400}])
def test_the_last_attempt_is_final(over: dict[str, Any]) -> None:
    """When the next one would come too late there is none."""
    outcome = judged(ann(), TOOK, **over)
    assert (outcome.status, outcome.replies[0].action) == ("failed", "failed")


def test_our_own_configuration_is_no_fault_of_the_mail() -> None:
    """A wrong password delays the mail until it is mended."""
    error = MailError("wrong password", kind="configuration", stage="auth")
    outcome = judged(ann(transient=False), Reply(BOB, "failed"), error=error)
    assert outcome.status == "queued"


@pytest.mark.parametrize(("kind", "counted"), [("temporary", False), ("permanent", True)])
def test_a_relay_that_was_not_asked_is_no_attempt(kind: Kind, counted: bool) -> None:
    """The mail comes back when the relay's rest is over."""
    error = MailError("is left alone", kind=kind, stage="connect")
    error.retry_in = 3.0
    outcome = judged(ann(), Reply(BOB, "failed", transient=True), error=error)
    assert outcome.counted == counted
    assert counted or (outcome.status, outcome.due) == ("queued", NOW + 13)


def test_an_expired_mail_is_told_to_those_alone_who_have_no_answer() -> None:
    """Bob has it already."""
    outcome = expired(claimed(replies=(ann(action="delayed"), TOOK)), NOW)
    assert (outcome.status, outcome.counted) == ("expired", False)
    assert [reply.action for reply in outcome.replies] == ["failed", "relayed"]
    assert [reply.address for reply in outcome.receipt.replies] == [ANN]


def test_pauses_are_spread_by_a_fifth() -> None:
    """So that what was put off together does not come back together."""
    assert [pause(1, chance, Timing()) for chance in (0.0, 1.0)] == [8.0, 12.0]
