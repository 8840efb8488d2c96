"""The outbox as a place: the same promises over SQLite, PostgreSQL and MariaDB."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_mailwright.engines.order import Order, Priority
from flask_mailwright.engines.outbox.rows import Claimed, Outcome, Stored
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.envelope import Envelope, Receipt, Recipient, SealedMail
from flask_mailwright.reply import Reply
from flask_mailwright.timing import Timing
from tests.engines.outbox.databases import NAMES, Opener, database

NOW = 1_000_000.0
LATER = NOW + 31
"""When a lease of NOW has lapsed."""
DONE = Reply("a@x", "relayed", 250)


@pytest.fixture(scope="module", params=NAMES)
def opener(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opener]:
    """Each database in turn."""
    with database(request.param, tmp_path_factory.mktemp("outbox")) as found:
        yield found


Open = Callable[[str], Store]


@pytest.fixture
def store(opener: Opener) -> Iterator[Open]:
    """Opens a store of one app for the owner named."""
    app, made = uuid.uuid4().hex, []

    def make(owner: str) -> Store:
        made.append(Store(opener(), app, owner, Timing(crashes=2)))
        made[-1].make_tables()
        return made[-1]

    yield make
    for each in made:
        each.close()


def put(
    store: Store, subject: str = "Hi", order: Order | None = None, to: str = "a@x", route: str = ""
) -> str:
    """Put one mail; its id."""
    mail_id = uuid.uuid4().hex
    recipients = tuple(Recipient(address) for address in to.split())
    envelope = Envelope("s@x", recipients)
    mail = SealedMail(mail_id, f"<{mail_id}@x>", subject, envelope, b"\0\xff", app=store._app)
    mail = mail._replace(route=route)
    store.put([Stored(mail, order or Order(), NOW, store.owner)])
    return mail_id


def outcome(status: str = "done", *replies: Reply) -> Outcome:
    """How an attempt ended."""
    answers = replies or (DONE,)
    return Outcome(status, NOW, answers, Receipt("<1@x>", answers))  # type: ignore[arg-type]


def begun(store: Store) -> Claimed:
    """The next mail, claimed and started."""
    (claimed,) = store.claim(NOW, 1)
    assert store.start(claimed, NOW)
    return claimed


def status(store: Store, mail_id: str) -> str:
    """Where it stands."""
    standing = store.find(mail_id)
    assert standing is not None
    return standing.status


def test_precedence_goes_before_due(store: Open) -> None:
    """High before normal before bulk, then who is due first; content comes back as it was."""
    ours = store("a")
    order: list[tuple[Priority, float]] = [("bulk", 1), ("normal", 3), ("normal", 2), ("high", 9)]
    for priority, at in order:
        put(ours, f"{priority}{at}", Order(priority, at=at))
    claimed = ours.claim(NOW, 9)
    assert [each.mail.subject for each in claimed] == ["high9", "normal2", "normal3", "bulk1"]
    assert claimed[0].mail.content == b"\0\xff"


def test_a_route_is_claimed_by_its_name(store: Open) -> None:
    """And which routes have any mail is found without looking at the others' mails."""
    ours = store("a")
    assert ours.routes() == []
    for route in ("news", "", "Ärger", "news"):
        put(ours, route, route=route)
    assert sorted(ours.routes()) == ["", "news", "Ärger"]
    assert [each.mail.route for each in ours.claim(NOW, 9, route="news")] == ["news", "news"]
    assert [each.mail.route for each in ours.claim(NOW, 9)] == [""]
    assert ours.routes() == ["Ärger"]


def test_who_takes_no_bulk(store: Open) -> None:
    """Takes what is more urgent, and of that no more than it wants."""
    ours = store("a")
    for priority in ("bulk", "normal", "high", "high"):
        put(ours, priority, Order(priority))
    assert [each.mail.subject for each in ours.claim(NOW, 3, bulk=False)] == [
        "high", "high", "normal"
    ]  # fmt: skip
    assert ours.claim(NOW, 3, bulk=False) == []
    assert len(ours.claim(NOW, 3)) == 1


def test_a_claimed_mail_has_one_owner(store: Open) -> None:
    """Until it is released."""
    ours, theirs = store("a"), store("b")
    put(ours)
    claimed = ours.claim(NOW, 9)
    assert theirs.claim(NOW, 9) == []
    ours.release(claimed)
    assert len(theirs.claim(NOW, 9)) == 1


def test_eight_claim_each_mail_once(store: Open) -> None:
    """Of 200 none is claimed twice or left."""
    stores = [store(str(number)) for number in range(8)]
    ids = [put(stores[0]) for _ in range(200)]

    def all_of(one: Store) -> list[str]:
        found: list[str] = []
        while batch := one.claim(NOW, 7):
            found += [each.mail.id for each in batch]
        return found

    with ThreadPoolExecutor(8) as pool:
        taken = [each for found in pool.map(all_of, stores) for each in found]
    assert sorted(taken) == sorted(ids)


def test_eight_make_the_tables_at_once(store: Open) -> None:
    """Processes that start together do not disturb each other."""
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(store, "abcdefgh"))) == 8


def test_a_late_finisher_changes_nothing(store: Open) -> None:
    """Once its lease has lapsed and somebody took the mail back, his word counts."""
    ours, theirs = store("a"), store("b")
    mail_id = put(ours)
    claimed = begun(ours)
    assert theirs.recover(LATER) == 1
    ours.finish(claimed, outcome(), NOW, LATER)
    assert status(ours, mail_id) == "queued"


def test_one_ends_as_the_next_begins(store: Open) -> None:
    """In one transaction; what is done keeps no content."""
    ours = store("a")
    ids = [put(ours), put(ours)]
    first, second = ours.claim(NOW, 2)
    assert ours.start(first, NOW)
    assert ours.finish(first, outcome(), NOW, NOW, second)
    assert sorted(status(ours, each) for each in ids) == ["done", "sending"]
    with ours._database.reading() as run:
        found = run("SELECT 1 FROM mailwright_content WHERE id = :id", {"id": first.mail.id})
    assert found.rows == []


def test_a_cancelled_mail_is_not_started(store: Open) -> None:
    """Though it was claimed; one that is done cannot be cancelled, none that is unknown found."""
    ours = store("a")
    mail_id = put(ours)
    (claimed,) = ours.claim(NOW, 1)
    assert ours.cancel(mail_id, NOW)
    assert ours.cancel(mail_id, NOW)
    assert not ours.start(claimed, NOW)
    put(ours)
    done = begun(ours)
    ours.finish(done, outcome(), NOW, NOW)
    assert not ours.cancel(done.mail.id, NOW)
    assert ours.find("unknown") is None


def test_who_was_reached_is_not_tried_again(store: Open) -> None:
    """The rest is, and its answers take their places."""
    ours = store("a")
    put(ours, to="a@x b@x")
    ours.finish(begun(ours), outcome("queued", DONE, Reply("b@x", "delayed", 451)), NOW, NOW)
    again = begun(ours)
    assert [each.address for each in again.narrowed.envelope.recipients] == ["b@x"]
    answer = Reply("b@x", "relayed", 250)
    assert again.merged([answer]) == (DONE, answer)
    assert again.attempts == 2


def test_what_crashes_often_is_parked(store: Open) -> None:
    """After `timing.crashes`."""
    ours, theirs = store("a"), store("b")
    mail_id = put(ours)
    begun(ours)
    assert theirs.recover(LATER) == 1
    (claimed,) = ours.claim(LATER, 1)
    assert claimed.crashes == 1
    assert ours.start(claimed, NOW)
    assert theirs.recover(LATER) == 1
    assert status(ours, mail_id) == "held"


def test_on_doubt_hold_is_held(store: Open) -> None:
    """It may have gone out."""
    ours = store("a")
    mail_id = put(ours, order=Order(on_doubt="hold"))
    begun(ours)
    store("b").recover(LATER)
    assert status(ours, mail_id) == "held"


def test_a_renewed_lease_does_not_lapse(store: Open) -> None:
    """Nobody takes back what a living process has in hand."""
    ours = store("a")
    put(ours)
    begun(ours)
    ours.renew(LATER)
    assert store("b").recover(LATER) == 0


def test_the_same_id_is_stored_once(store: Open) -> None:
    """The first stays."""
    ours = store("a")
    put(ours, "first")
    (claimed,) = ours.claim(NOW, 1)
    ours.put([Stored(claimed.mail._replace(subject="second", content=b"2"), Order(), NOW, "a")])
    ours.release([claimed])
    (again,) = ours.claim(NOW, 9)
    assert (again.mail.subject, again.mail.content) == ("first", b"\0\xff")


def test_an_unknown_record_is_held(store: Open) -> None:
    """For whoever upgrades; the others go on."""
    ours = store("a")
    strange, known = put(ours), put(ours)
    with ours._database.transaction() as run:
        text = "UPDATE mailwright_content SET record = :record WHERE id = :id"
        run(text, {"record": '{"version": 99}', "id": strange})
    assert [each.mail.id for each in ours.claim(NOW, 9)] == [known]
    assert status(ours, strange) == "held"


def test_one_holds_the_office(store: Open) -> None:
    """Until he leaves or his lease lapses; to take it again is to stay."""
    ours, theirs = store("a"), store("b")
    assert ours.take_office(NOW, 30)
    assert ours.take_office(NOW, 30)
    assert not theirs.take_office(NOW, 30)
    ours.leave_office()
    assert theirs.take_office(NOW, 30)
    assert ours.take_office(LATER, 30)


def test_what_ended_long_ago_is_forgotten(store: Open) -> None:
    """And nothing else."""
    ours = store("a")
    gone = put(ours)
    ours.finish(begun(ours), outcome("failed"), NOW, NOW)
    waits = put(ours)
    ours.prune(contents_before=NOW + 1, mails_before=NOW + 1)
    assert ours.find(gone) is None
    assert status(ours, waits) == "queued"


def test_a_clock_set_back_a_day_delays_nothing(store: Open) -> None:
    """What is due too far ahead is due now, except what was planned."""
    ours = store("a")
    put(ours, "planned and put off", Order(at=NOW))
    put_off = outcome("queued", Reply("a@x", "delayed", 451))._replace(due=NOW + 10)
    ours.finish(begun(ours), put_off, NOW, NOW)
    put(ours, "queued")
    put(ours, "planned", Order(at=NOW))
    ours.recover(NOW - 86_400)
    hastened = {each.mail.subject for each in ours.claim(NOW - 86_400, 9)}
    assert hastened == {"planned and put off", "queued"}
