"""What an operator sees: the same over SQLite, PostgreSQL and MariaDB."""

import uuid
from collections.abc import Callable

import pytest

from flask_mailwright import MailError
from flask_mailwright.engines.order import Order
from flask_mailwright.engines.outbox.cancel import cancel
from flask_mailwright.engines.outbox.overview import (
    Account,
    account,
    count,
    identify,
    summaries,
)
from flask_mailwright.engines.outbox.store import Store
from tests.engines.outbox.stores import DONE, NOW, REFUSED, begun, end, put


def known(store: Store, mail_id: str) -> Account:
    """All about a mail that is there."""
    found = account(store, mail_id)
    assert found is not None
    return found


def test_the_newest_come_first(ours: Store) -> None:
    """No more than asked for; of all or of one status."""
    ids = [put(ours, created=NOW + n) for n in range(3)]
    cancel(ours, ids[1], NOW)
    assert [each.id for each in summaries(ours, 9)] == ids[::-1]
    assert [each.id for each in summaries(ours, 1)] == ids[2:]
    assert [each.id for each in summaries(ours, 9, "queued")] == [ids[2], ids[0]]
    assert count(ours) == {"cancelled": 1, "queued": 2}


def test_one_app_sees_its_own(ours: Store, open_store: Callable[[str], Store]) -> None:
    """Neither in the list, nor by its id, nor by its Message-ID is another app's mail found."""
    other = open_store(uuid.uuid4().hex)
    mail_id = put(other)
    assert (summaries(ours, 9), count(ours), account(ours, mail_id)) == ([], {}, None)
    for name in (mail_id, f"<{mail_id}@x>"):
        with pytest.raises(MailError, match="there is no mail"):
            identify(ours, name)
        assert identify(other, name) == mail_id


def test_a_mail_is_named_by_a_beginning(ours: Store) -> None:
    """As long as it is the only one; what means something to LIKE names nothing."""
    mail_id, _ = put(ours), put(ours)
    assert identify(ours, mail_id[:8]) == mail_id
    assert identify(ours, f"{mail_id}@x") == mail_id
    for name in ("%", "____", mail_id[:3], "", "ffff' OR '1"):
        with pytest.raises(MailError, match="there is no mail") as caught:
            identify(ours, name)
        assert caught.value.kind == "invalid"


def test_a_beginning_of_two(ours: Store) -> None:
    """None of them is meant."""
    put(ours)
    put(ours)
    with ours.database.transaction() as run:
        for number, (mail_id,) in enumerate(run("SELECT id FROM mailwright_mail").rows):
            values = {"new": f"same{number}", "id": mail_id, "app": ours.app}
            run("UPDATE mailwright_mail SET id = :new WHERE id = :id AND app = :app", values)
    with pytest.raises(MailError, match="more than one mail"):
        identify(ours, "same")


def test_who_was_answered_what(ours: Store) -> None:
    """Each recipient and each attempt; never the content."""
    mail_id = put(ours, "a@x b@x", Order(on_doubt="hold", expires=NOW + 9))
    before = known(ours, mail_id)
    assert (before.replies, before.unanswered, before.attempts) == ((), ("a@x", "b@x"), ())
    assert (before.reverse_path, before.content_kept) == ("s@x", True)
    end(ours, "failed", DONE, REFUSED)
    found = known(ours, mail_id)
    assert (found.replies, found.unanswered) == ((DONE, REFUSED), ())
    assert (found.on_doubt, found.expires) == ("hold", NOW + 9)
    (attempt,) = found.attempts
    assert attempt[:5] == (1, NOW, NOW + 1, "permanent", "rcpt")
    assert attempt.text == "a@x: relayed 250; b@x: failed 550 unknown"
    assert "secret" not in repr(found)


def test_one_that_is_in_hand(ours: Store) -> None:
    """It is told."""
    mail_id = put(ours)
    begun(ours)
    found = known(ours, mail_id)
    assert (found.claimed, found.summary.status) == (True, "sending")


def test_a_record_that_cannot_be_read(ours: Store) -> None:
    """All else is shown: it may be parked for that."""
    mail_id = put(ours)
    for record in ("no JSON", '{"version": 9}', '{"envelope": {"reverse_path": 1}}'):
        with ours.database.transaction() as run:
            values = {"record": record, "id": mail_id}
            run("UPDATE mailwright_content SET record = :record WHERE id = :id", values)
        found = known(ours, mail_id)
        assert (found.unanswered, found.content_kept) == ((), True)
