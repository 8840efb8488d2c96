"""A relay gets mails at its rate: never more, never needlessly fewer, in the order of asking."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.smtp.rate import Bucket, Rate, rate
from flask_mailwright.world import World
from tests.effort import examples
from tests.smtp.clock import Clock

TICK = 1 / 64
rates = st.builds(Rate, st.integers(1, 120), st.sampled_from([1.0, 60.0, 3600.0]))
ticks = st.integers(0, 300)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1/s", Rate(1, 1.0)),
        ("600/m", Rate(600, 60.0)),
        ("3000/h", Rate(3000, 3600.0)),
        ("1000000/s", Rate(1_000_000, 1.0)),
    ],
)
def test_a_rate_is_read(text: str, found: Rate) -> None:
    """Mails per second, minute or hour; it is shown as it was written."""
    assert rate(text) == found
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    ["", "/", "50", "50/", "/s", "0/s", "-1/s", "1.5/s", "1000001/s", "1" * 9999 + "/s",
     "50/d", "50/S", "50/10s", "50 /s", "50/ s", "50/s/s", "²/s"],
)  # fmt: skip
def test_no_rate(text: str) -> None:
    """Anything else is refused, with the form to write."""
    with pytest.raises(ValueError, match="from 1 to 1000000 per s, m or h, as 50/s or 3000/h"):
        rate(text)


@pytest.mark.parametrize(
    ("mails", "burst"), [(1, 1), (19, 1), (20, 1), (39, 1), (40, 2), (3000, 150)]
)
def test_a_twentieth_may_go_at_once(mails: int, burst: int) -> None:
    """Behind a silence; at least one. The next waits its turn."""
    bucket = Bucket(Rate(mails, 60.0), Clock().world)
    assert [bucket.try_take() for _ in range(burst + 1)] == [True] * burst + [False]
    assert bucket.pause == 60 / mails


def test_who_cannot_wait_so_long_is_told_at_once() -> None:
    """Nothing is counted for him: the mail behind him is not later for it."""
    clock = Clock()
    bucket = Bucket(Rate(1, 60.0), clock.world)
    assert bucket.take(0.0)
    assert not bucket.take(59.0, clock.pass_by)
    assert not bucket.take(-1.0, clock.pass_by)
    assert clock.now == 0.0
    assert bucket.take(60.0, clock.pass_by)
    assert clock.now == 60.0


def test_a_deadline_that_has_passed_does_not_stop_a_mail_that_may_go() -> None:
    """It is a limit to waiting only."""
    assert Bucket(Rate(1, 1.0), Clock().world).take(-1.0)


def test_who_asks_first_goes_first() -> None:
    """Each has the turn behind the last that asked, whoever wakes up first."""
    pauses: list[float] = []
    bucket = Bucket(Rate(4, 1.0), Clock().world)
    for _ in range(5):
        assert bucket.take(None, pauses.append)
    assert pauses == [0.25, 0.5, 0.75, 1.0]


def test_who_is_woken_early_may_not_send() -> None:
    """The wait of an Event that is set ends at once; that turn is lost."""
    ended = threading.Event()
    bucket = Bucket(Rate(1, 3600.0), World())
    assert bucket.take()
    with ThreadPoolExecutor(1) as waiter:
        answer = waiter.submit(bucket.take, None, ended.wait)
        ended.set()
        assert answer.result(5) is False
    assert bucket.pause > 3600


def test_a_hundred_thousand_mails_do_not_drift() -> None:
    """A bucket that is never full again keeps to its rate."""
    clock = Clock()
    bucket = Bucket(Rate(7, 1.0), clock.world)
    clock.now = 1e6 + 0.1
    for _ in range(100_000):
        assert bucket.take(None, lambda pause: None)
    assert bucket.pause == pytest.approx(100_000 / 7, abs=1e-9)


@examples(200)
@given(rate=rates, asks=st.lists(st.tuples(ticks, st.none() | ticks), max_size=60))
def test_no_period_has_more_than_a_twentieth_too_many(
    rate: Rate, asks: list[tuple[int, int | None]]
) -> None:
    """However it is asked: of any length T, the burst and T times the rate at most."""
    clock, gone = Clock(), []
    bucket = Bucket(rate, clock.world)
    for passed, patience in asks:
        clock.pass_by(passed * TICK)
        pauses: list[float] = []
        if bucket.take(None if patience is None else patience * TICK, pauses.append):
            gone.append(clock.now + sum(pauses))
    assert gone == sorted(gone)
    for first, begin in enumerate(gone):
        for last, end in enumerate(gone[first:], first):
            most = rate.burst + (end - begin) * rate.mails / rate.seconds
            assert last - first + 1 <= most + 1e-6


@examples(200)
@given(rate=rates, passed=st.lists(st.integers(0, 40), max_size=200))
def test_it_is_a_bucket(rate: Rate, passed: list[int]) -> None:
    """It says yes exactly when a bucket of exact fractions has a whole token."""
    clock, tokens = Clock(), Fraction(rate.burst)
    bucket = Bucket(rate, clock.world)
    for each in passed:
        clock.pass_by(each * TICK)
        run_in = Fraction(each) * Fraction(TICK) * rate.mails / Fraction(rate.seconds)
        tokens = min(tokens + run_in, Fraction(rate.burst))
        assert bucket.try_take() == (tokens >= 1)
        tokens -= tokens >= 1


def test_many_threads_share_it() -> None:
    """While no time passes, a burst goes and not one more."""
    bucket = Bucket(Rate(1000, 1.0), Clock().world)
    with ThreadPoolExecutor(8) as threads:
        granted = list(threads.map(lambda _: bucket.try_take(), range(2000)))
    assert sum(granted) == 50


def test_many_threads_wait_in_turn() -> None:
    """All get theirs, none before its time."""
    bucket = Bucket(Rate(1000, 1.0), World())
    started = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: bucket.take(), range(200)))
    assert 0.099 <= time.monotonic() - started < 5
