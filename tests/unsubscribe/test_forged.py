"""A thousand tokens that are not good any more, or never were, as mail programs would post them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from flask_mailwright.unsubscribe.token import DAY, Purpose, Wish, written
from tests.apps import ANN
from tests.unsubscribe.lists import BASE, SECRET, clicked, has_left, make_list

NOW = 20_800
"""A day."""
GOOD = Wish(ANN, "news", NOW + 366)
OURS = Purpose("flasky")


def token(wish: Wish = GOOD, purpose: Purpose = OURS, secret: str = SECRET) -> str:
    """A good one, unless the test wants another."""
    return written(wish, secret.encode(), purpose)


def flipped() -> Iterator[str]:
    """By one bit."""
    good = token()
    for place in range(len(good)):
        for bit in range(8):
            yield good[:place] + chr(ord(good[place]) ^ 1 << bit) + good[place + 1 :]


def swapped() -> Iterator[str]:
    """Of another app, secret or purpose; and the code of one list before the text of another."""
    for number in range(100):
        wish = GOOD._replace(expires=NOW + number)
        yield token(wish, Purpose("blog"))
        yield token(wish, Purpose("flasky", "confirm"))
        yield token(wish, secret="another")
        yield token(wish._replace(list="sale"))[:22] + token(wish)[22:]


def test_none_of_a_thousand_is_taken(tmp_path: Path) -> None:
    """The one that is good is; who clicks for another list has left that one alone."""
    app, _ = make_list(tmp_path, now=NOW * DAY)
    expired = [token(GOOD._replace(expires=NOW - days)) for days in range(1, 201)]
    statuses = {410: expired, 404: [*flipped(), *swapped()]}
    assert sum(map(len, statuses.values())) > 1000
    for status, tokens in statuses.items():
        answers = {
            clicked(app, f"{BASE}/_unsubscribe/{quote(each)}").status_code for each in tokens
        }
        assert answers == {status}
    assert (
        clicked(app, f"{BASE}/_unsubscribe/{token(GOOD._replace(list='sale'))}").status_code == 200
    )
    assert not has_left(app)
    assert clicked(app, f"{BASE}/_unsubscribe/{token()}").status_code == 200
    assert has_left(app)
