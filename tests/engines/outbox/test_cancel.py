"""A mail that is stopped, over SQLite, PostgreSQL and MariaDB."""

import pytest

from flask_mailwright.engines.outbox.cancel import cancel
from flask_mailwright.engines.outbox.retry import retry
from flask_mailwright.engines.outbox.standing import find
from flask_mailwright.engines.outbox.store import Store
from tests.engines.outbox.stores import (
    DOUBTED,
    NOW,
    Open,
    begun,
    end,
    finish,
    outcome,
    put,
    start,
    status,
)


def test_a_cancelled_mail_is_not_started(store: Open) -> None:
    """Though it was claimed; one that is done cannot be cancelled, none that is unknown found."""
    ours = store("a")
    mail_id = put(ours)
    (claimed,) = ours.claims.claim(NOW, 1)
    assert cancel(ours, mail_id, NOW)
    assert cancel(ours, mail_id, NOW)
    assert not start(ours, claimed)
    put(ours)
    done = begun(ours)
    finish(ours, done, outcome())
    assert not cancel(ours, done.mail.id, NOW)
    assert find(ours, "unknown") is None


@pytest.mark.parametrize("way", ["held", "parked"])
def test_a_held_mail_is_cancelled(ours: Store, way: str) -> None:
    """It goes no more; True only if nobody can have it."""
    mail_id = put(ours)
    if way == "held":
        end(ours, "held", DOUBTED)
    else:
        with ours.database.transaction() as run:
            run("UPDATE mailwright_content SET record = '{}' WHERE id = :id", {"id": mail_id})
        assert ours.claims.claim(NOW, 1) == []
    assert status(ours, mail_id) == "held"
    assert cancel(ours, mail_id, NOW) == (way == "parked")
    assert status(ours, mail_id) == "cancelled"
    assert cancel(ours, mail_id, NOW) == (way == "parked")


def test_who_was_once_in_doubt_may_have_it(ours: Store) -> None:
    """Though it waits for its next try, or was retried, `cancel` says so."""
    for held in (False, True):
        mail_id = put(ours)
        end(ours, "held" if held else "queued", DOUBTED)
        if held:
            retry(ours, mail_id, NOW)
        assert not cancel(ours, mail_id, NOW)
        assert status(ours, mail_id) == "cancelled"
