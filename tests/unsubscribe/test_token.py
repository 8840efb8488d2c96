"""A token says who leaves what until when, to those alone who may read it."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode

from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.unsubscribe.token import Purpose, Wish, read, written

SHOP = Purpose("shop")
WISH = Wish("ann@example.com", "news", 20_800)
SECRET = b"not to be guessed"
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


def token(wish: Wish = WISH, secret: bytes = SECRET, purpose: Purpose = SHOP) -> str:
    """A good one, unless the test wants another."""
    return written(wish, secret, purpose)


@given(WORDS, WORDS, st.integers(0, 2**24 - 1), st.binary(min_size=1))
def test_what_is_written_is_read(address: str, name: str, day: int, secret: bytes) -> None:
    """By the same app with the same secret, whatever the address."""
    wish = Wish(address, name, day)
    assert read(token(wish, secret), [b"another", secret], SHOP) == wish
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token(wish, secret))


def test_it_is_short_and_the_same_again() -> None:
    """So that the link in the text is the one in the header."""
    assert token() == token()
    assert len(token()) < 60


def test_the_address_cannot_be_read() -> None:
    """Nor the list, nor that two tokens are of one address."""
    octets = urlsafe_b64decode(token() + "=" * (-len(token()) % 4))
    assert b"ann" not in octets
    assert b"news" not in octets
    others = [token(WISH._replace(expires=WISH.expires + n)) for n in range(1, 200)]
    starts = {other[:8] for other in others}
    ends = {other[-8:] for other in others}
    assert len(starts) == len(ends) == len(others)


def test_a_thousand_changed_tokens() -> None:
    """Each bit of three tokens; and cut off, drawn out, or written in another way."""
    changed = set[str]()
    for good in [token(WISH._replace(expires=WISH.expires + n)) for n in range(3)]:
        flips = [(place, 1 << bit) for place in range(len(good)) for bit in range(8)]
        changed |= {
            good[:place] + chr(ord(good[place]) ^ bit) + good[place + 1 :] for place, bit in flips
        }
        changed |= {good[:place] for place in range(len(good))}
        changed |= {good + more for more in ("A", "Q", "=", "==", ".", ">", "_", " ", good)}
        changed |= {good.swapcase(), good[::-1], f" {good}", good[8:] + good[:8]}
    assert len(changed) > 1000
    assert [each for each in changed if read(each, [SECRET], SHOP) is not None] == []


def test_each_bit_of_it_counts() -> None:
    """Of its octets, and of the last character, some of whose bits mean none."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for length in range(3):
        good = token(WISH._replace(address="a" * (5 + length)))
        for place in range(len(good)):
            for other in letters.replace(good[place], ""):
                changed = good[:place] + other + good[place + 1 :]
                assert read(changed, [SECRET], SHOP) is None


def test_a_token_of_another_app_list_or_purpose() -> None:
    """It is for what it was written for; two halves make no third."""
    others = [
        *(token(secret=b"another"), token(purpose=Purpose("blog"))),
        *(token(purpose=Purpose("shop", "confirm")), token(purpose=Purpose("shopunsubscribe", ""))),
    ]
    assert [read(each, [SECRET], SHOP) for each in others] == [None] * len(others)
    sale, iv = token(WISH._replace(list="sale")), 24
    assert read(token()[:iv] + sale[iv:], [SECRET], SHOP) is None
    assert read(sale[:iv] + token()[iv:], [SECRET], SHOP) is None


def test_what_is_no_token_at_all() -> None:
    """Nothing is raised."""
    for each in ("", "=", "a", "é" * 60, "/" * 60, "A" * 9999, "\0", "AAAA\n" * 9):
        assert read(each, [SECRET], SHOP) is None
