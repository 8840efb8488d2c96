"""What is claimed ahead: neither more than will soon be begun, nor less."""

from collections.abc import Iterable

import pytest

from flask_mailwright import MailError
from flask_mailwright.engines.outbox.feed import MOST, STALE, Feed
from flask_mailwright.engines.outbox.rows import Claimed
from tests.engines.relays import sealed


class Shelf:
    """Mails that can be claimed; `asked` notes how many were asked for."""

    def __init__(self, mails: int) -> None:
        self.seconds = 0.0
        self.asked: list[int] = []
        self.trouble: MailError | None = None
        self.left = [Claimed(sealed(f"{n}"), 0.0, None, "retry", 1, 0, ()) for n in range(mails)]
        self.feed = Feed(self.claim, self.release, lambda: self.seconds)

    def claim(self, most: int) -> list[Claimed]:
        """From the front."""
        self.asked.append(most)
        if self.trouble is not None:
            raise self.trouble
        claimed, self.left = self.left[:most], self.left[most:]
        return claimed

    def release(self, mails: Iterable[Claimed]) -> None:
        """To the front."""
        self.left[:0] = mails

    def taken(self) -> list[str]:
        """All that there is."""
        subjects: list[str] = []
        while (claimed := self.feed.take()) is not None:
            subjects.append(claimed.mail.subject)
        return subjects


def test_all_are_taken_in_their_order() -> None:
    """And when there are no more nobody asks again before somebody says that there are."""
    shelf = Shelf(MOST + 3)
    assert shelf.taken() == [f"{number}" for number in range(MOST + 3)]
    assert shelf.asked == [MOST, MOST]
    assert not shelf.feed.has_any()
    assert shelf.asked == [MOST, MOST]
    shelf.feed.hungry = True
    assert not shelf.feed.has_any()
    assert shelf.asked == [MOST, MOST, MOST]


def test_a_slow_relay_gets_few_at_once() -> None:
    """As many as the lanes will begin in a second, at least one."""
    shelf = Shelf(100)
    shelf.feed.took(seconds=0.5, lanes=3)
    assert shelf.feed.has_any()
    assert shelf.asked == [6]
    shelf.feed.give_back()
    shelf.feed.took(seconds=600, lanes=3)
    assert shelf.feed.take() is not None
    assert shelf.asked == [6, 1]


def test_nobody_rides_behind_a_mail_that_may_take_long() -> None:
    """He would wait for it, while other connections are free; until the relay is quick again."""
    shelf = Shelf(5)
    shelf.feed.took(seconds=1.5 * STALE, lanes=3)
    assert shelf.feed.take(ahead=True) is None
    assert shelf.feed.take() is not None
    shelf.feed.took(seconds=0.1, lanes=3)
    assert shelf.feed.take(ahead=True) is not None


def test_trouble_is_no_reason_to_look_no_more() -> None:
    """There may be mails all the same."""
    shelf = Shelf(1)
    shelf.trouble = MailError("the disk is busy", kind="temporary", stage="store")
    with pytest.raises(MailError):
        shelf.feed.has_any()
    shelf.trouble = None
    assert shelf.feed.has_any()


def test_what_nobody_begins_is_given_back() -> None:
    """Not before it is stale; then it may be claimed again."""
    shelf = Shelf(5)
    assert shelf.feed.take() is not None
    shelf.seconds += STALE / 2
    shelf.feed.give_back(stale=True)
    assert shelf.left == []
    shelf.seconds += STALE
    shelf.feed.give_back(stale=True)
    assert [each.mail.subject for each in shelf.left] == ["1", "2", "3", "4"]
    assert shelf.taken() == ["1", "2", "3", "4"]
