"""Processes that share a store keep to a relay's rate together; this is what each of them does."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.errors import MailError
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.pool import Pool
from flask_mailwright.smtp.rate import Bucket, Rate, Slots, Wanted
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.smtp.shared_rate import AGAIN, LATE, SPAN, STALE, SharedBucket, name_of
from flask_mailwright.world import World
from tests.effort import examples
from tests.smtp.clock import Clock

TICK = 1 / 64
BEHIND = 1 / 20
rates = st.builds(Rate, st.integers(1, 400), st.sampled_from([1.0, 60.0]))
asks = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 90), st.none() | st.integers(0, 200)), max_size=60
)


class Line:
    """A store in memory: the moments that a rate has, given out one behind the other."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._next = -1e9
        self.asked: list[int] = []
        self.trouble: MailError | None = None
        self.counts = True

    def share(self, wanted: Wanted) -> Slots | None:
        """As the outbox does."""
        self.asked.append(wanted.mails)
        if self.trouble:
            raise self.trouble
        if not self.counts:
            return None
        now = self._monotonic()
        first = max(self._next, now - wanted.rate.seconds * BEHIND)
        if first - now > wanted.most:
            return Slots(first - now, 0)
        self._next = first + wanted.mails * wanted.rate.step
        return Slots(first - now, wanted.mails)


class Processes:
    """So many, by one clock, over one store."""

    def __init__(self, rate: Rate, many: int = 2) -> None:
        self.clock = Clock()
        self.line = Line(self.clock.world.monotonic)
        self.each = [
            SharedBucket("a relay", rate, self.clock.world, self.line.share) for _ in range(many)
        ]

    def takes(self, number: int = 0, seconds: float | None = None) -> bool:
        """Whether a mail goes, when time passes while it waits."""
        return self.each[number].take(seconds, self.clock.pass_by)


def test_processes_take_turns() -> None:
    """Each has its slots, and no two have the same."""
    processes = Processes(Rate(4, 1.0), 3)
    gone: list[float] = []
    for number in (0, 1, 2, 0, 1):
        assert processes.takes(number)
        gone.append(processes.clock.now)
    assert gone == pytest.approx([0, 0.2, 0.45, 0.7, 0.95])


def test_it_is_the_relay_that_has_the_rate() -> None:
    """The same relay and account by the same rate; neither account nor password can be read."""
    ann = Relay("mail.example.com", 587, "starttls", "ann", Secret("hunter2"))
    name = name_of(ann, Rate(50, 1.0))
    assert name == name_of(ann._replace(host="Mail.Example.com", connections=9), Rate(50, 1.0))
    others = [ann._replace(username="bob"), ann._replace(host="b.example"), ann._replace(port=25)]
    assert (
        len({name, name_of(ann, Rate(50, 60.0)), *(name_of(o, Rate(50, 1.0)) for o in others)}) == 5
    )
    assert "ann" not in name
    assert "hunter2" not in name
    assert len(name_of(ann._replace(host="x" * 253), Rate(1_000_000, 3600.0))) <= 200


def test_without_a_store_there_is_a_bucket_of_its_own() -> None:
    """And none without a rate."""
    relay = Relay("mail.example.com")
    shared = relay._replace(rate=Rate(1, 1.0), share=lambda wanted: None)
    assert Pool(relay, World()).bucket is None
    assert isinstance(Pool(relay._replace(rate=Rate(1, 1.0)), World()).bucket, Bucket)
    assert isinstance(Pool(shared, World()).bucket, SharedBucket)


def test_who_asks_at_once_is_told_what_is_in_hand() -> None:
    """The store is not asked by whoever must not wait for it."""
    processes = Processes(Rate(1000, 1.0))
    bucket = processes.each[0]
    assert not bucket.try_take()
    assert processes.line.asked == []
    assert processes.takes()
    assert processes.takes()
    assert processes.line.asked == [1, 2]
    assert bucket.try_take()
    assert not bucket.try_take()
    assert processes.line.asked == [1, 2]


def test_a_busy_process_asks_for_many() -> None:
    """Twice as many each time, until the store is asked twenty times in a second."""
    processes = Processes(Rate(1000, 1.0))
    for _ in range(1000):
        assert processes.takes()
    most = int(SPAN * 1000)
    assert processes.line.asked[:6] == [1, 2, 4, 8, 16, 32]
    assert set(processes.line.asked[6:]) == {most}


def test_a_slow_process_asks_for_few() -> None:
    """What it cannot use goes back to nobody, so it takes no more than it has used."""
    processes = Processes(Rate(1000, 1.0))
    for _ in range(200):
        assert processes.takes()
        processes.clock.pass_by(0.01)
    assert max(processes.line.asked[-20:]) <= 8


def test_an_idle_process_has_nothing() -> None:
    """Slots that nobody waited for are no burst of later."""
    processes = Processes(Rate(1000, 1.0))
    for _ in range(20):
        assert processes.takes()
    processes.clock.pass_by(STALE * 1.1 + SPAN)
    assert not processes.each[0].try_take()
    assert processes.takes()
    assert processes.line.asked[-1] == 1


def test_who_cannot_wait_so_long_is_told_at_once() -> None:
    """Nothing is counted for him, whoever the mail before was of."""
    processes = Processes(Rate(1, 60.0))
    assert processes.takes(0)
    assert not processes.takes(1, 55.0)
    assert processes.each[1].pause == pytest.approx(57.0)
    assert not processes.takes(0, 55.0)
    assert processes.clock.now == 0.0
    assert processes.takes(1, 57.0)
    assert processes.clock.now == pytest.approx(57.0)


def test_who_comes_behind_a_mail_that_waits_is_told_at_once() -> None:
    """He sees that his turn would be too late, without asking the store."""
    processes = Processes(Rate(1, 3600.0), 1)
    (bucket,) = processes.each
    stop = threading.Event()
    assert processes.takes()
    with ThreadPoolExecutor(2) as lanes:
        waiting = [lanes.submit(bucket.take, None, stop.wait) for _ in range(2)]
        while len(processes.line.asked) < 2 or len(bucket._line) != 1:
            threading.Event().wait(0.01)
        assert not bucket.take(10.0)
        assert not bucket.try_take()
        stop.set()
        assert [each.result(5) for each in waiting] == [False, False]
    assert processes.line.asked == [1, 1]
    assert bucket.pause > 3600


def test_who_asks_first_goes_first() -> None:
    """So nobody waits longer than for those who were there before."""
    processes = Processes(Rate(1, 60.0), 1)
    (bucket,) = processes.each
    go_on, order = threading.Event(), list[int]()

    def take(number: int) -> bool:
        def wait(pause: float) -> None:
            if pause:
                order.append(number)
                go_on.wait(20)

        return bucket.take(None, wait)

    while processes.takes(0, 0.0):
        pass
    with ThreadPoolExecutor(5) as lanes:
        for number in range(5):
            lanes.submit(take, number)
            while len(order) + len(bucket._line) < (number + 2 if number else 1):
                threading.Event().wait(0.001)
        go_on.set()
    assert list(dict.fromkeys(order)) == [0, 1, 2, 3, 4]


def test_whoever_waits_is_sent_away() -> None:
    """The one in front and those behind him."""
    processes = Processes(Rate(1, 3600.0), 1)
    (bucket,) = processes.each
    assert processes.takes()
    with ThreadPoolExecutor(3) as lanes:
        waiting = [lanes.submit(bucket.take) for _ in range(3)]
        while not all(each.done() for each in waiting):
            bucket.send_away()
            threading.Event().wait(0.01)
        assert [each.result() for each in waiting] == [False] * 3


def test_who_has_overslept_takes_another_slot_once() -> None:
    """All processes were stopped, so many others would go at that moment too; but all go."""
    processes = Processes(Rate(100, 1.0))
    slow = lambda pause: processes.clock.pass_by(pause + 2 * LATE)  # noqa: E731
    for _ in range(8):
        assert processes.takes()
    assert processes.line.asked == [1, 2, 4, 5]
    assert processes.each[1].take(None, slow)
    assert processes.line.asked == [1, 2, 4, 5, 1, 1]


def test_a_slot_in_hand_may_be_too_late() -> None:
    """For a mail that cannot wait so long; it is left to the next."""
    processes = Processes(Rate(100, 1.0), 1)
    for _ in range(8):
        assert processes.takes()
    asked = list(processes.line.asked)
    assert not processes.takes(0, 0.0)
    assert processes.each[0].pause == pytest.approx(0.01)
    assert processes.takes(0, 0.011)
    assert processes.line.asked == asked


def test_a_store_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """It is told once; the process keeps to the rate for itself, and asks again after a while."""
    processes = Processes(Rate(60, 60.0))
    processes.line.trouble = MailError("no database", kind="temporary", stage="store")
    bucket = processes.each[0]
    with caplog.at_level(logging.WARNING):
        goes = [bucket.take(0.0) for _ in range(5)]
        assert goes == [True, True, True, False, False]
        assert 0 < bucket.pause <= 1
        processes.clock.pass_by(AGAIN)
        assert bucket.take(0.0)
    assert len(processes.line.asked) == 2
    assert caplog.text.count("each keeps to the rate for itself: no database") == 1
    processes.line.trouble = None
    processes.clock.pass_by(AGAIN)
    assert [processes.takes(place, 0.0) for place in (0, 1, 0, 1, 0, 1)] == [True] * 4 + [False] * 2


def test_a_mail_that_the_store_cannot_count() -> None:
    """It is counted here, and the next one is asked for again."""
    processes = Processes(Rate(1, 60.0))
    processes.line.counts = False
    assert processes.takes(0, 0.0)
    assert not processes.takes(0, 0.0)
    processes.line.counts = True
    assert processes.takes(0, 0.0)
    assert not processes.takes(1, 0.0)


@examples(200)
@given(rate=rates, asks=asks)
def test_no_period_has_more_than_all_may_have(
    rate: Rate, asks: list[tuple[int, int, int | None]]
) -> None:
    """Of any length T: one, and what the rate has in T, a twentieth of its own time, and STALE."""
    processes = Processes(rate, 3)
    gone: list[float] = []
    for number, passed, patience in asks:
        processes.clock.pass_by(passed * TICK)
        now, pauses = processes.clock.now, [0.0]
        bucket = processes.each[number]
        if patience == 0:
            goes = bucket.try_take()
        else:
            goes = bucket.take(None if patience is None else patience * TICK, pauses.append)
        if goes:
            gone.append(now + pauses[-1])
    gone.sort()
    for first, begin in enumerate(gone):
        for last, end in enumerate(gone[first:], first):
            behind = end - begin + rate.seconds * BEHIND + STALE
            assert last - first + 1 <= 1 + behind / rate.step + 1e-6
