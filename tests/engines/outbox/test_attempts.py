"""What several lanes end and begin at the same moment: over SQLite, PostgreSQL and MariaDB."""

from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox import statements as sql
from flask_mailwright.engines.outbox.cancel import cancel
from flask_mailwright.engines.outbox.dialect import SQLITE
from flask_mailwright.engines.outbox.overview import account
from flask_mailwright.engines.outbox.recovery import recover
from flask_mailwright.engines.outbox.rows import Claimed, Finished, Stored
from flask_mailwright.engines.outbox.standing import find
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.envelope import Envelope, SealedMail
from flask_mailwright.reply import Reply
from tests.engines.outbox.stores import (
    DONE,
    LATER,
    NOW,
    REFUSED,
    Open,
    begun,
    finish,
    outcome,
    put,
    start,
    status,
)


def all_begun(ours: Store, mails: int) -> list[Claimed]:
    """So many that several lanes have begun together."""
    for _ in range(mails):
        put(ours)
    claimed = ours.claims.claim(NOW, mails)
    assert ours.claims.store([ours.claims.start(each, NOW) for each in claimed]) == [
        Finished(ended=False, next_may_go=True)
    ] * len(claimed)
    return claimed


def keep_content(ours: Store, *mails: Claimed) -> list[bool]:
    """Whether each does."""
    found = [account(ours, each.mail.id) for each in mails]
    return [each is not None and each.content_kept for each in found]


def test_what_several_end_and_begin_together(store: Open) -> None:
    """Each has its own replies and attempt, and what goes on keeps its content."""
    ours = store("a")
    first, second, third = all_begun(ours, 3)
    put(ours)
    (following,) = ours.claims.claim(NOW, 1)
    answers = [outcome("done", Reply("a@x", "relayed", 250, text=text)) for text in "123"]
    finish, later = ours.claims.finish, NOW + 1
    steps = [
        finish(first, answers[0], NOW, later, following),
        finish(second, answers[1], NOW, later + 1),
        finish(third, answers[2], NOW + 0.5, later),
    ]
    assert ours.claims.store(steps) == [(True, True), (True, False), (True, False)]
    for each, said, noted in zip(
        (first, second, third),
        "123",
        [(1, NOW, later), (1, NOW, later + 1), (1, NOW + 0.5, later)],
        strict=True,
    ):
        found = account(ours, each.mail.id)
        assert found is not None
        assert [reply.text for reply in found.replies] == [said]
        assert [attempt[:3] for attempt in found.attempts] == [noted]
    assert status(ours, following.mail.id) == "sending"
    assert keep_content(ours, first, second, third, following) == [False, False, False, True]


def test_a_neighbour_that_was_cancelled_does_not_begin(store: Open) -> None:
    """Those beside it do, and what ends beside it ends."""
    ours = store("a")
    in_hand, _ = all_begun(ours, 2)
    stopped, other = put(ours), put(ours)
    claimed = {each.mail.id: each for each in ours.claims.claim(NOW, 2)}
    assert cancel(ours, stopped, NOW)
    steps = [
        ours.claims.start(claimed[stopped], NOW),
        ours.claims.finish(in_hand, outcome(), NOW, NOW, claimed[other]),
    ]
    assert ours.claims.store(steps) == [(False, False), (True, True)]
    assert [status(ours, each) for each in (stopped, other, in_hand.mail.id)] == [
        "cancelled", "sending", "done"
    ]  # fmt: skip


def test_a_neighbour_that_is_another_process_s_is_left_alone(store: Open) -> None:
    """The others end, and only their contents are erased."""
    ours, theirs = store("a"), store("b")
    lost, kept, also = all_begun(ours, 3)
    with ours.database.transaction() as run:
        run("UPDATE mailwright_mail SET owner = 'b' WHERE id = :id", {"id": lost.mail.id})
    steps = [ours.claims.finish(each, outcome(), NOW, NOW) for each in (kept, lost, also)]
    assert [each.ended for each in ours.claims.store(steps)] == [True, False, True]
    assert keep_content(ours, kept, lost, also) == [False, True, False]
    assert finish(theirs, lost, outcome()).ended


def test_nobody_waits_for_what_another_is_about_to_put_or_cancel(store: Open) -> None:
    """A transaction of the app may stay open for minutes, and the tables be small or not."""
    ours, theirs = store("a"), store("b")
    if ours.database.dialect is SQLITE:  # which has one writer
        return
    for mails in (2, 4, 8, 16):
        in_hand = all_begun(ours, mails)
        other = put(ours)
        with theirs.database.transaction() as run:
            for digit in "08f":
                new = SealedMail(digit * 32, "<1@x>", "", Envelope("s@x", ()), b"", app=ours.app)
                theirs.intake.put_in(run, [Stored(new, Order(), NOW, "b")])
            run(sql.CANCEL, {"id": other, "app": ours.app, "now": NOW})
            steps = [ours.claims.finish(each, outcome(), NOW, NOW) for each in in_hand]
            assert [each.ended for each in ours.claims.store(steps)] == [True] * mails
            for digit in "08f":
                theirs.intake.forget_in(run, digit * 32)
            assert keep_content(ours, *in_hand) == [False] * mails


def test_steps_of_several_may_be_repeated(store: Open) -> None:
    """The answer to their commit was lost: all are told as before, and each is noted once."""
    ours = store("a")
    ended = all_begun(ours, 2)
    for _ in range(2):
        put(ours)
    begun_next = ours.claims.claim(NOW, 2)
    pairs = zip(ended, begun_next, strict=True)
    steps = [ours.claims.finish(one, outcome(), NOW, NOW, after) for one, after in pairs]
    assert [ours.claims.store(steps) for _ in range(2)] == [[(True, True)] * 2] * 2
    for each in ended:
        found = account(ours, each.mail.id)
        assert found is not None
        assert len(found.attempts) == 1


def test_who_was_reached_before_keeps_his_reply_among_neighbours(store: Open) -> None:
    """Some of its recipients had it by then."""
    ours = store("a")
    mail_id = put(ours, to="a@x b@x")
    finish(ours, begun(ours), outcome("queued", DONE, Reply("b@x", "delayed", 451)))
    neighbour = put(ours)
    answers = {
        mail_id: outcome("done", DONE, Reply("b@x", "relayed", 250)),
        neighbour: outcome("done", DONE),
    }
    claimed = ours.claims.claim(NOW, 2)
    ours.claims.store([ours.claims.start(each, NOW) for each in claimed])
    steps = [ours.claims.finish(each, answers[each.mail.id], NOW, NOW) for each in claimed]
    assert [each.ended for each in ours.claims.store(steps)] == [True, True]
    for each, said in answers.items():
        found = find(ours, each)
        assert found is not None
        assert found.replies == said.replies


def test_what_expires_among_neighbours_was_no_attempt(store: Open) -> None:
    """It was never begun; they end as they would alone."""
    ours = store("a")
    one, two = all_begun(ours, 2)
    late = put(ours)
    (claimed,) = ours.claims.claim(NOW, 1)
    steps = [ours.claims.finish(each, outcome(), NOW, NOW) for each in (one, two)]
    gone = outcome("expired", REFUSED)._replace(counted=False)
    steps.insert(1, ours.claims.finish(claimed, gone, NOW, NOW))
    assert [each.ended for each in ours.claims.store(steps)] == [True] * 3
    assert status(ours, late) == "expired"
    found = account(ours, late)
    assert found is not None
    assert found.attempts == ()


def claimed_again(ours: Store, theirs: Store) -> tuple[Claimed, Claimed]:
    """As it was in hand before its lease lapsed, and as it is now that others reached some."""
    put(ours, to="a@x b@x")
    (old,) = ours.claims.claim(NOW, 1)
    ours.claims.let_go(old)  # or it would not be claimed again
    recover(theirs, LATER)
    some = outcome("queued", DONE, Reply("b@x", "delayed", 451))
    finish(theirs, begun(theirs, LATER), some, LATER)
    (new,) = ours.claims.claim(LATER, 1)
    return old, new


def test_a_claim_that_lapsed_begins_nothing(store: Open) -> None:
    """Also when the mail has been claimed again: it knows nothing of who was reached meanwhile."""
    ours = store("a")
    old, new = claimed_again(ours, store("b"))
    assert not start(ours, old, LATER)
    assert start(ours, new, LATER)


def test_a_claim_that_lapsed_begins_nothing_among_neighbours(store: Open) -> None:
    """The same, of several."""
    ours = store("a")
    old, new = claimed_again(ours, store("b"))
    put(ours)
    (other,) = ours.claims.claim(LATER, 1)
    begin = [ours.claims.start(each, LATER) for each in (old, other, new)]
    assert [each.next_may_go for each in ours.claims.store(begin)] == [False, True, True]


def test_a_reason_is_kept_among_neighbours(store: Open) -> None:
    """Whoever reads the list wants to know it."""
    ours = store("a")
    claimed = all_begun(ours, 2)
    said = [outcome()._replace(reason="slowly"), outcome()]
    pairs = zip(claimed, said, strict=True)
    ours.claims.store([ours.claims.finish(each, told, NOW, NOW) for each, told in pairs])
    found = [find(ours, each.mail.id) for each in claimed]
    assert [each and each.reason for each in found] == ["slowly", ""]
