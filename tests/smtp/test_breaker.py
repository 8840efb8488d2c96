"""A relay that cannot be talked to is left alone, is tried again by one, and is not forgotten."""

import gc
import logging
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.smtp.breaker import Breaker
from flask_mailwright.smtp.failure import Broken, Failure, misfit
from flask_mailwright.smtp.ledger import Ledger
from flask_mailwright.smtp.replies import RelayReply
from tests.effort import examples
from tests.smtp.clock import Clock
from tests.smtp.script import a_mail

NAME = "smtp://mx:25"
REFUSED = Broken("refused the connection", "connect", advice="Check the port.")
LOGIN = misfit(RelayReply(535, ("5.7.8 no",)), "auth", "Check the password.")


class Opener:
    """A breaker, and a relay that does as it is told; `asked` counts how often it was."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.breaker = Breaker(NAME, self.clock.world)
        self.trouble: BaseException | None = None
        self.asked = 0

    def make(self) -> str:
        """A talk, or the trouble."""
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return "talk"

    def open(self) -> str | Failure:
        """The talk, or why there is none."""
        try:
            return self.breaker.open(self.make)
        except Failure as failure:
            return failure

    def fail(self, times: int = 3, trouble: Failure = REFUSED) -> None:
        """So many openings fail."""
        self.trouble = trouble
        for _ in range(times):
            assert self.open() is trouble

    def refusal(self) -> Failure:
        """What somebody is told for whom the relay is not asked."""
        asked, failure = self.asked, self.open()
        assert self.asked == asked
        assert isinstance(failure, Failure)
        return failure


@pytest.fixture
def opener() -> Opener:
    """One whose relay works, and whose clock stands at 0."""
    return Opener()


def test_what_is_made_is_returned(opener: Opener) -> None:
    """A relay that works is asked each time."""
    assert [opener.open(), opener.open(), opener.asked] == ["talk", "talk", 2]


def test_three_failures_open_it(opener: Opener) -> None:
    """The fourth is told at once, without waiting for anything, why and for how long."""
    opener.fail(3)
    opener.clock.pass_by(0.75)
    failure = opener.refusal()
    assert failure.reason == (
        "was not tried: it failed 3 times in a row and is tried again in 4.2 s; last it refused"
        " the connection"
    )
    assert (failure.stage, failure.kind, failure.advice) == (
        "connect", "temporary", "Check the port.",
    )  # fmt: skip


def test_a_mail_that_is_refused_so_has_no_reply_of_the_relay(opener: Opener) -> None:
    """The relay said 535 to others; of this mail it knows nothing, and the text says both."""
    opener.fail(3, LOGIN)
    receipt = Ledger(a_mail()).broken_off(opener.refusal(), NAME)
    (reply,) = receipt.replies
    assert (reply.code, reply.enhanced, reply.transient) == (None, "", False)
    assert reply.text.endswith("in 5.0 s; last it answered 535 5.7.8 no to AUTH")
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("configuration", "auth")
    assert str(receipt.error).startswith(f"{NAME} was not tried: it failed 3 times in a row")
    assert str(receipt.error).endswith("AUTH.\nCheck the password.")


def test_a_success_begins_anew(opener: Opener) -> None:
    """Only failures in a row count."""
    for _ in range(3):
        opener.fail(2)
        opener.trouble = None
        assert opener.open() == "talk"
    opener.fail(3)
    opener.refusal()


def test_a_probe_closes_it(opener: Opener) -> None:
    """Behind the pause the relay is asked again; when it works, all is as at the beginning."""
    opener.fail(3)
    opener.clock.pass_by(5.0)
    opener.trouble = None
    assert opener.open() == "talk"
    opener.fail(3)
    opener.clock.pass_by(4.9)
    opener.refusal()


def test_each_probe_that_fails_doubles_the_pause(opener: Opener) -> None:
    """5 s, 10 s and so on, up to a minute; a probe is one opening."""
    opener.fail(3)
    for pause in [5, 10, 20, 40, 60, 60]:
        opener.clock.pass_by(pause - 0.5)
        opener.refusal()
        opener.clock.pass_by(0.5)
        opener.fail(1)


def test_other_numbers(opener: Opener) -> None:
    """For a relay that deserves less patience, and for tests."""
    opener.breaker = Breaker(NAME, opener.clock.world, failures=1, first=2.0, most=3.0)
    for pause in [2.0, 3.0, 3.0]:
        opener.fail(1)
        opener.clock.pass_by(pause - 0.5)
        opener.refusal()
        opener.clock.pass_by(0.5)


def test_there_is_one_probe(opener: Opener) -> None:
    """While it is under way all others are told at once."""
    opener.fail(3)
    opener.clock.pass_by(5.0)
    told: list[Failure] = []
    opener.breaker.open(lambda: told.append(opener.refusal()))
    assert "3 times in a row and is being tried just now; last it refused" in told[0].reason
    opener.trouble = None
    assert opener.open() == "talk"


def test_of_many_threads_one_is_the_probe(opener: Opener) -> None:
    """The others do not wait for it."""
    opener.fail(3)
    opener.clock.pass_by(5.0)
    told, others = threading.Semaphore(0), 31

    def probe() -> str:
        for _ in range(others):
            assert told.acquire(timeout=5)
        return "talk"

    def attempt(_: int) -> str:
        try:
            return opener.breaker.open(probe)
        except Failure:
            told.release()
            return ""

    with ThreadPoolExecutor(others + 1) as threads:
        assert sorted(threads.map(attempt, range(others + 1)))[-2:] == ["", "talk"]


def test_a_probe_that_is_never_heard_of_again(opener: Opener) -> None:
    """A minute later another is let through; when the first fails at last, the pause begins."""
    opener.fail(3)
    opener.clock.pass_by(5.0)

    def hang() -> None:
        opener.clock.pass_by(59.0)
        opener.refusal()
        opener.clock.pass_by(1.0)
        opener.fail(1)
        raise REFUSED

    with pytest.raises(Failure, match="refused the connection"):
        opener.breaker.open(hang)
    assert "is tried again in 20.0 s" in opener.refusal().reason


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError])
def test_an_interruption_says_nothing_of_the_relay(
    opener: Opener, trouble: type[BaseException]
) -> None:
    """It counts neither way, and the next is the probe."""
    opener.fail(2)
    opener.trouble = trouble()
    with pytest.raises(trouble):
        opener.open()
    opener.fail(1)
    opener.clock.pass_by(5.0)
    opener.trouble = trouble()
    with pytest.raises(trouble):
        opener.open()
    opener.fail(1)
    assert "4 times in a row and is tried again in 10.0 s" in opener.refusal().reason


def test_who_began_before_it_opened(opener: Opener) -> None:
    """Its failure makes no pause longer; its success is the truth, and closes it."""

    def last_of_four(end: Failure | None) -> None:
        opener.fail(3)
        opener.clock.pass_by(2.0)
        if end:
            raise end

    with pytest.raises(Failure, match="535"):
        opener.breaker.open(lambda: last_of_four(LOGIN))
    assert "4 times in a row and is tried again in 3.0 s; last it answered" in (
        opener.refusal().reason
    )
    opener.clock.pass_by(3.0)
    opener.trouble = None
    assert opener.open() == "talk"
    opener.breaker.open(lambda: last_of_four(None))
    opener.fail(1)


def test_a_probe_that_fails_when_another_opening_has_worked(opener: Opener) -> None:
    """It is one failure, and nothing is closed by it."""
    opener.fail(3)
    opener.clock.pass_by(5.0)

    def overtaken() -> None:
        opener.clock.pass_by(60.0)
        opener.trouble = None
        assert opener.open() == "talk"
        raise REFUSED

    with pytest.raises(Failure, match="refused the connection"):
        opener.breaker.open(overtaken)
    opener.fail(2)
    assert "is tried again in 5.0 s" in opener.refusal().reason


def test_the_log_tells_of_it_once(opener: Opener, caplog: pytest.LogCaptureFixture) -> None:
    """A warning when it opens, a line when the relay works again, none for what is between."""
    caplog.set_level(logging.INFO, "flask_mailwright")
    opener.fail(3)
    opener.refusal()
    opener.clock.pass_by(5.0)
    opener.fail(1)
    opener.clock.pass_by(10.0)
    opener.trouble = None
    assert [opener.open(), opener.open()] == ["talk", "talk"]
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        (
            "WARNING",
            f"{NAME} failed 3 times in a row: it is left alone for 5 s at first; last it refused"
            " the connection",
        ),
        ("INFO", f"{NAME} works again, after 4 failures"),
    ]


@pytest.fixture
def _no_disk() -> Iterator[None]:
    logger = logging.getLogger("flask_mailwright.smtp.breaker")

    class Full(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("no space left on device")

    handler, level = Full(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.usefixtures("_no_disk")
def test_a_log_handler_that_raises(opener: Opener, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the failure nor the talk is lost by it."""
    opener.fail(3)
    opener.clock.pass_by(5.0)
    opener.trouble = None
    assert opener.open() == "talk"
    assert capsys.readouterr().err.count("OSError: no space left on device") == 2


def test_no_mail_is_kept_in_memory(opener: Opener) -> None:
    """What is remembered of a failure holds none of the frames that it passed through."""

    class Content:
        pass

    def attempt() -> weakref.ref[Content]:
        content = Content()
        with pytest.raises(Failure, match="broke"):
            opener.breaker.open(lambda: fail_with(content))
        return weakref.ref(content)

    def fail_with(content: Content) -> None:
        raise Failure("broke", "connect")

    kept = attempt()
    gc.collect()
    assert kept() is None


@examples(200)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 5.0, 25.0, 61.0]), st.booleans())))
def test_no_relay_is_pestered(attempts: list[tuple[float, bool]]) -> None:
    """From the third failure in a row on, two tries are apart as the pauses say; none is missed."""
    opener, failed, next_try = Opener(), 0, 0.0
    for passed, works in attempts:
        opener.clock.pass_by(passed)
        opener.trouble = None if works else REFUSED
        asked, now = opener.asked, opener.clock.now
        opener.open()
        assert (opener.asked > asked) == (now >= next_try)
        if opener.asked > asked:
            failed = 0 if works else failed + 1
            pause = min(5.0 * 2 ** (failed - 3), 60.0) if failed >= 3 else 0.0
            next_try = now + pause
