"""What a process has in its hands: the same over SQLite, PostgreSQL and MariaDB."""

from concurrent.futures import ThreadPoolExecutor

from flask_mailwright.engines.order import Order, Priority
from flask_mailwright.engines.outbox.recovery import recover
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.waiting import routes
from flask_mailwright.reply import Reply
from tests.engines.outbox.stores import (
    CONTENT,
    DONE,
    LATER,
    NOW,
    Open,
    begun,
    finish,
    outcome,
    put,
    start,
    status,
)


def test_precedence_goes_before_due(store: Open) -> None:
    """High before normal before bulk, then who is due first; content comes back as it was."""
    ours = store("a")
    order: list[tuple[Priority, float]] = [("bulk", 1), ("normal", 3), ("normal", 2), ("high", 9)]
    for priority, at in order:
        put(ours, subject=f"{priority}{at}", order=Order(priority, at=at))
    claimed = ours.claims.claim(NOW, 9)
    assert [each.mail.subject for each in claimed] == ["high9", "normal2", "normal3", "bulk1"]
    assert claimed[0].mail.content == CONTENT


def test_a_route_is_claimed_by_its_name(store: Open) -> None:
    """And which routes have any mail is found without looking at the others' mails."""
    ours = store("a")
    assert routes(ours) == []
    for route in ("news", "", "Ärger", "news"):
        put(ours, subject=route, route=route)
    assert sorted(routes(ours)) == ["", "news", "Ärger"]
    assert [each.mail.route for each in ours.claims.claim(NOW, 9, route="news")] == ["news", "news"]
    assert [each.mail.route for each in ours.claims.claim(NOW, 9)] == [""]
    assert routes(ours) == ["Ärger"]


def test_who_takes_no_bulk(store: Open) -> None:
    """Takes what is more urgent, and of that no more than it wants."""
    ours = store("a")
    for priority in ("bulk", "normal", "high", "high"):
        put(ours, subject=priority, order=Order(priority))
    assert [each.mail.subject for each in ours.claims.claim(NOW, 3, bulk=False)] == [
        "high", "high", "normal"
    ]  # fmt: skip
    assert ours.claims.claim(NOW, 3, bulk=False) == []
    assert len(ours.claims.claim(NOW, 3)) == 1


def test_a_claimed_mail_has_one_owner(store: Open) -> None:
    """Until it is released."""
    ours, theirs = store("a"), store("b")
    put(ours)
    claimed = ours.claims.claim(NOW, 9)
    assert theirs.claims.claim(NOW, 9) == []
    ours.claims.release(claimed)
    assert len(theirs.claims.claim(NOW, 9)) == 1


def test_what_is_still_in_hand_is_not_claimed_again(store: Open) -> None:
    """Though its lease lapsed and others gave it back: two lanes would begin the same attempt."""
    ours = store("a")
    put(ours)
    claimed = ours.claims.claim(NOW, 9)
    recover(store("b"), LATER)
    assert ours.claims.claim(LATER, 9) == []
    assert not start(ours, claimed[0], LATER)
    ours.claims.let_go(claimed[0])
    (again,) = ours.claims.claim(LATER, 9)
    assert start(ours, again, LATER)


def test_eight_claim_each_mail_once(store: Open) -> None:
    """Of 200 none is claimed twice or left."""
    stores = [store(str(number)) for number in range(8)]
    ids = [put(stores[0]) for _ in range(200)]

    def all_of(one: Store) -> list[str]:
        found: list[str] = []
        while batch := one.claims.claim(NOW, 7):
            found += [each.mail.id for each in batch]
        return found

    with ThreadPoolExecutor(8) as pool:
        taken = [each for found in pool.map(all_of, stores) for each in found]
    assert sorted(taken) == sorted(ids)


def test_an_unknown_record_is_held(store: Open) -> None:
    """For whoever upgrades; the others go on."""
    ours = store("a")
    strange, known = put(ours), put(ours)
    with ours.database.transaction() as run:
        text = "UPDATE mailwright_content SET record = :record WHERE id = :id"
        run(text, {"record": '{"version": 99}', "id": strange})
    assert [each.mail.id for each in ours.claims.claim(NOW, 9)] == [known]
    assert status(ours, strange) == "held"


def test_one_ends_as_the_next_begins(store: Open) -> None:
    """In one transaction; what is done keeps no content."""
    ours = store("a")
    ids = [put(ours), put(ours)]
    first, second = ours.claims.claim(NOW, 2)
    assert start(ours, first)
    assert finish(ours, first, outcome(), NOW, second) == (True, True)
    assert sorted(status(ours, each) for each in ids) == ["done", "sending"]
    with ours.database.reading() as run:
        found = run("SELECT 1 FROM mailwright_content WHERE id = :id", {"id": first.mail.id})
    assert found.rows == []


def test_who_was_reached_is_not_tried_again(store: Open) -> None:
    """The rest is, and its answers take their places."""
    ours = store("a")
    put(ours, to="a@x b@x")
    finish(ours, begun(ours), outcome("queued", DONE, Reply("b@x", "delayed", 451)))
    again = begun(ours)
    assert [each.address for each in again.narrowed.envelope.recipients] == ["b@x"]
    answer = Reply("b@x", "relayed", 250)
    assert again.merged([answer]) == (DONE, answer)
    assert again.attempts == 2
