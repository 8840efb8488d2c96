"""An operator's second chance, over SQLite, PostgreSQL and MariaDB."""

import pytest

from flask_mailwright import MailError, Reply
from flask_mailwright.engines.order import Order
from flask_mailwright.engines.outbox.cancel import cancel
from flask_mailwright.engines.outbox.judgement import expired
from flask_mailwright.engines.outbox.recovery import recover
from flask_mailwright.engines.outbox.retention import prune
from flask_mailwright.engines.outbox.retry import retry, retry_all
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.waiting import count_all
from tests.engines.outbox.stores import (
    DONE,
    DOUBTED,
    NOW,
    REFUSED,
    Open,
    begun,
    end,
    finish,
    put,
    status,
)

LATER = NOW + 10 * 86_400
"""Far behind the five days for which a mail is tried."""


def test_only_who_was_not_reached(ours: Store) -> None:
    """Refused ones are tried again at once, those who have it never."""
    mail_id = put(ours, "a@x b@x")
    end(ours, "failed", DONE, REFUSED)
    assert retry(ours, mail_id, LATER) == 1
    (claimed,) = ours.claims.claim(LATER, 1)
    assert [each.address for each in claimed.narrowed.envelope.recipients] == ["b@x"]
    assert (claimed.attempts, claimed.crashes, claimed.since) == (2, 0, LATER)


def test_all_of_a_mail_that_was_held(ours: Store) -> None:
    """What was in doubt goes again, and may come twice: somebody has decided that."""
    mail_id = put(ours, order=Order(on_doubt="hold"))
    end(ours, "held", DOUBTED)
    assert retry(ours, mail_id, NOW) == 1
    end(ours, "done", DONE)
    assert status(ours, mail_id) == "done"


def test_one_that_expired(ours: Store) -> None:
    """Its end, which is over, does not count; one to come does."""
    gone = put(ours, order=Order(expires=NOW + 1))
    (claimed,) = ours.claims.claim(NOW, 1)
    finish(ours, claimed, expired(claimed, NOW + 2), NOW + 2)
    assert status(ours, gone) == "expired"
    assert retry(ours, gone, NOW + 3) == 1
    (again,) = ours.claims.claim(NOW + 3, 1)
    assert again.expires is None
    ours.claims.release([again])
    cancel(ours, gone, NOW)
    soon = put(ours, order=Order(expires=NOW + 60))
    end(ours, "failed", DOUBTED)
    assert retry(ours, soon, NOW + 3) == 1
    assert ours.claims.claim(NOW + 3, 1)[0].expires == NOW + 60


def test_one_that_crashed_too_often(store: Open) -> None:
    """It is parked no more, and its crashes are counted from the beginning."""
    ours = store("ours")
    mail_id = put(ours)
    for number in range(1, 3):
        begun(store(f"dead{number}"), NOW + number * 100)
        assert recover(ours, NOW + number * 100 + 31) == 1
    assert status(ours, mail_id) == "held"
    assert retry(ours, mail_id, LATER) == 1
    assert (begun(ours, LATER).crashes, status(ours, mail_id)) == (0, "sending")
    assert not cancel(ours, mail_id, LATER)


def test_one_that_waits_goes_at_once(ours: Store) -> None:
    """Whatever it was put off for; but not before the time it is planned for."""
    waits = put(ours)
    end(ours, "queued", Reply("a@x", "delayed", 451, transient=True))
    with ours.database.transaction() as run:
        run("UPDATE mailwright_mail SET due = :due WHERE app = :app", {"due": 9e9, "app": ours.app})
    assert ours.claims.claim(NOW, 1) == []
    assert retry(ours, waits, NOW) == 1
    assert [each.mail.id for each in ours.claims.claim(NOW, 1)] == [waits]
    planned = put(ours, order=Order(at=NOW + 60))
    with pytest.raises(MailError, match="planned for later"):
        retry(ours, planned, NOW)


def test_what_cannot_go_again(ours: Store) -> None:
    """Each is told with its reason, and stays as it is."""
    done, cancelled = put(ours), put(ours, created=NOW + 9)
    end(ours, "done", DONE)
    cancel(ours, cancelled, NOW)
    erased = put(ours)
    end(ours, "failed", REFUSED)
    prune(ours, contents_before=LATER, mails_before=0)
    for mail_id, reason in (
        (done, "has reached everybody"),
        (cancelled, "was cancelled"),
        (erased, "content is not kept any more"),
        ("f" * 32, "there is no mail"),
    ):
        with pytest.raises(MailError, match=reason) as caught:
            retry(ours, mail_id, NOW)
        assert caught.value.kind == "invalid"
    in_hand = put(ours)
    begun(ours)
    with pytest.raises(MailError, match="in hand"):
        retry(ours, in_hand, NOW)
    assert [status(ours, each) for each in (done, cancelled, erased)] == [
        "done",
        "cancelled",
        "failed",
    ]


def test_all_of_one_status(ours: Store) -> None:
    """More than are looked at together; those without content are counted."""
    for number in range(210):
        put(ours)
        end(ours, "failed", REFUSED, now=NOW + (100 if number < 205 else 0))
    prune(ours, contents_before=NOW + 50, mails_before=0)
    assert retry_all(ours, "failed", LATER) == (205, 5)
    assert retry_all(ours, "held", LATER) == (0, 0)
    assert count_all(ours, LATER) == 205
