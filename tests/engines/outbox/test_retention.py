"""What is forgotten, over SQLite, PostgreSQL and MariaDB."""

from flask_mailwright.engines.outbox.retention import prune
from flask_mailwright.engines.outbox.standing import find
from flask_mailwright.engines.outbox.store import Store
from tests.engines.outbox.stores import NOW, REFUSED, Open, begun, end, finish, outcome, put, status


def test_what_ended_long_ago_is_forgotten(store: Open) -> None:
    """And nothing else."""
    ours = store("a")
    gone = put(ours)
    finish(ours, begun(ours), outcome("failed"))
    waits = put(ours)
    prune(ours, contents_before=NOW + 1, mails_before=NOW + 1)
    assert find(ours, gone) is None
    assert status(ours, waits) == "queued"


def test_pruning_tells_how_many(ours: Store) -> None:
    """A mail that is forgotten leaves no content behind."""
    ids = []
    for now in (NOW, NOW + 100, NOW + 200):
        ids.append(put(ours))
        end(ours, "failed", REFUSED, now=now)
    assert prune(ours, contents_before=NOW + 150, mails_before=NOW + 50) == (2, 1)
    assert prune(ours, contents_before=0, mails_before=NOW + 300) == (1, 2)
    with ours.database.reading() as run:
        left = {str(mail_id) for (mail_id,) in run("SELECT id FROM mailwright_content").rows}
    assert left.isdisjoint(ids)
