"""What dead processes and wrong clocks leave, over SQLite, PostgreSQL and MariaDB."""

from contextlib import ExitStack

from flask_mailwright.engines.order import Order
from flask_mailwright.engines.outbox.dialect import POSTGRESQL
from flask_mailwright.engines.outbox.recovery import recover
from flask_mailwright.reply import Reply
from tests.engines.outbox.stores import LATER, NOW, Open, begun, finish, outcome, put, start, status


def test_a_late_finisher_changes_nothing(store: Open) -> None:
    """Once its lease has lapsed and somebody took the mail back, his word counts."""
    ours, theirs = store("a"), store("b")
    mail_id = put(ours)
    claimed = begun(ours)
    assert recover(theirs, LATER) == 1
    finish(ours, claimed, outcome(), LATER)
    assert status(ours, mail_id) == "queued"


def test_what_crashes_often_is_parked(store: Open) -> None:
    """After `timing.crashes`."""
    ours, theirs, another = store("a"), store("b"), store("c")
    mail_id = put(ours)
    begun(ours)
    assert recover(theirs, LATER) == 1
    (claimed,) = another.claims.claim(LATER, 1)
    assert claimed.crashes == 1
    assert start(another, claimed)
    assert recover(theirs, LATER) == 1
    assert status(ours, mail_id) == "held"


def test_on_doubt_hold_is_held(store: Open) -> None:
    """It may have gone out."""
    ours = store("a")
    mail_id = put(ours, order=Order(on_doubt="hold"))
    begun(ours)
    recover(store("b"), LATER)
    assert status(ours, mail_id) == "held"


def test_a_renewed_lease_does_not_lapse(store: Open) -> None:
    """Nobody takes back what a living process has in hand."""
    ours = store("a")
    put(ours)
    begun(ours)
    ours.claims.renew(LATER)
    assert recover(store("b"), LATER) == 0


def test_who_is_in_the_middle_of_a_step_has_not_ended(store: Open) -> None:
    """However long the store keeps him waiting, his mail is not sent by another too."""
    ours, theirs = store("a"), store("b")
    put(ours)
    claimed = begun(ours)
    with ExitStack() as step:
        if ours.database.dialect is POSTGRESQL:  # elsewhere others may wait until it is over
            run = step.enter_context(ours.database.transaction())
            step_of_ours = ours.claims.finish(claimed, outcome(), NOW, LATER)
            assert ours.claims._attempts.store(run, step_of_ours).ended
            assert recover(theirs, LATER) == 0
        else:
            finish(ours, claimed, outcome(), LATER)
    assert recover(theirs, LATER) == 0


def test_a_start_may_be_repeated_behind_a_renewal(store: Open) -> None:
    """The answer to its commit was lost, and the lease was renewed before it was tried again."""
    ours = store("a")
    put(ours)
    claimed = begun(ours)
    ours.claims.renew(NOW + 1)
    assert start(ours, claimed)


def test_renewal_waits_for_nobody(store: Open) -> None:
    """A step that is under way renews its mail itself; who waits for it might be waited for."""
    ours = store("a")
    put(ours)
    put(ours)
    under_way, other = ours.claims.claim(NOW, 2)
    with ExitStack() as step:
        if ours.database.dialect.lock:  # SQLite has one writer
            run = step.enter_context(ours.database.transaction())
            begins = ours.claims.start(under_way, LATER)
            assert ours.claims._attempts.store(run, begins).next_may_go
        ours.claims.renew(LATER)
        assert start(ours, other, LATER)
    assert recover(store("b"), LATER) == 0


def test_a_clock_set_back_a_day_delays_nothing(store: Open) -> None:
    """What is due too far ahead is due now, except what was planned."""
    ours = store("a")
    put(ours, subject="planned and put off", order=Order(at=NOW))
    put_off = outcome("queued", Reply("a@x", "delayed", 451))._replace(due=NOW + 10)
    finish(ours, begun(ours), put_off)
    put(ours, subject="queued")
    put(ours, subject="planned", order=Order(at=NOW))
    recover(ours, NOW - 86_400)
    hastened = {each.mail.subject for each in ours.claims.claim(NOW - 86_400, 9)}
    assert hastened == {"planned and put off", "queued"}
