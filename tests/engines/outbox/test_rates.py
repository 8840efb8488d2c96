"""One row in the outbox says for all processes when a relay's next mail may go."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flask_mailwright.engines.outbox.rates import BEHIND, first_slot, reserve
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.tables import has_tables, make_tables
from flask_mailwright.smtp.rate import Rate, Slots, Wanted
from flask_mailwright.timing import Timing
from tests.engines.outbox.databases import Opener, opened
from tests.engines.outbox.stores import Open

DAY = 86_400.0
MINUTE = Rate(60, 60.0)
HOUR = Rate(60, 3600.0)


def wanted(rate: Rate = HOUR, mails: int = 1, most: float = 1e9) -> Wanted:
    """By a relay that nobody else has."""
    return Wanted(f"smtp://{uuid.uuid4().hex}", rate, mails, most)


def took(store: Store, wish: Wanted) -> Slots:
    """What the store gives out."""
    slots = reserve(store, wish, time.time)
    assert slots is not None
    return slots


def test_a_silence_may_be_made_up_for_in_part() -> None:
    """A twentieth of the rate's own time, however long it was."""
    assert first_slot(0.0, 0.0, 1e9, MINUTE) == 1e9 - 60 / BEHIND
    assert first_slot(1e9 - 1, 1e9 - 1, 1e9, MINUTE) == 1e9 - 1


def test_whose_slot_is_ahead_waits_for_it() -> None:
    """The clock goes on meanwhile."""
    assert first_slot(107.0, 100.0, 103.0, MINUTE) == 107.0


@pytest.mark.parametrize("back", [10.0, DAY, 400 * DAY])
def test_a_clock_that_is_put_back_keeps_no_mail_waiting(back: float) -> None:
    """The next one is as far ahead as it was."""
    now = 1e9
    assert first_slot(now + 2, now, now - back, MINUTE) == now - back + 2


@pytest.mark.parametrize("forward", [10.0, DAY, 400 * DAY])
def test_a_clock_that_is_put_forward_is_a_silence(forward: float) -> None:
    """No storm of all that could have gone."""
    now = 1e9 + forward
    assert first_slot(1e9 + 2, 1e9, now, MINUTE) == now - 60 / BEHIND


def test_a_clock_that_was_wrong_for_a_while(tmp_path: Path) -> None:
    """Mail goes at its rate all the while, for the row remembers what it has seen."""
    store = Store(opened(f"sqlite:///{tmp_path / 'outbox'}"), "flasky", "me", Timing())
    make_tables(store)
    wish, now = wanted(MINUTE), time.time()
    moments = iter((now, now, now + DAY, now + DAY, now, now))
    slots = [reserve(store, wish, moments.__next__) for _ in range(5)]
    store.close()
    pauses = [each.pause for each in slots if each]
    assert pauses == pytest.approx([-3, -3, -2, -1, 0], abs=1e-3)


def test_the_outboxes_clock_is_right(ours: Store) -> None:
    """A server's agrees with ours to the second, in any time zone."""
    wish = wanted()
    took(ours, wish)
    with ours.database.reading() as run:
        ((seen,),) = run("SELECT seen FROM mailwright_rate WHERE id = :id", {"id": wish.name}).rows
    assert seen == pytest.approx(time.time(), abs=30)


def test_all_stores_have_one_line(store: Open) -> None:
    """Behind a silence some go at once, and each other a step behind the last."""
    wish, stores = wanted(HOUR), [store("a"), store("b")]
    pauses = [took(stores[number % 2], wish).pause for number in range(6)]
    assert pauses == pytest.approx([-180, -120, -60, 0, 60, 120], abs=10)


def test_several_slots_at_once(ours: Store) -> None:
    """The next one is behind all of them."""
    wish = wanted(HOUR, mails=5)
    assert took(ours, wish).mails == 5
    assert took(ours, wish).pause == pytest.approx(120, abs=10)


def test_what_is_too_far_ahead_is_told_and_not_counted(ours: Store) -> None:
    """However often it is asked for."""
    wish = wanted(HOUR, mails=5)
    took(ours, wish)
    for _ in range(3):
        slots = took(ours, wish._replace(most=60.0))
        assert slots.mails == 0
        assert slots.pause == pytest.approx(120, abs=10)
    assert took(ours, wish).mails == 5


def test_relays_do_not_wait_for_each_other(ours: Store) -> None:
    """Each name has a line of its own."""
    took(ours, wanted(HOUR, mails=100))
    assert took(ours, wanted(HOUR)).pause < 0


def test_many_ask_at_once(open_store: Callable[..., Store]) -> None:
    """Also for the very first slot: each gets one, and none is given out twice."""
    stores, wish = [open_store() for _ in range(8)], wanted(HOUR)
    start = threading.Barrier(8)

    def ask(store: Store) -> list[float]:
        start.wait(10)
        return [took(store, wish).pause for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        pauses = sorted(pause for each in pool.map(ask, stores) for pause in each)
    assert [round((pause + 180) / 60) for pause in pauses] == list(range(80))


def test_an_outbox_from_before_gets_the_table(opener: Opener, ours: Store) -> None:
    """Without touching the others."""
    database = opener()
    with database.transaction() as run:
        run("DROP TABLE mailwright_rate")
    database.close()
    assert not has_tables(ours)
    assert make_tables(ours)
    assert took(ours, wanted()).mails == 1
