"""Who looks for canaries finds them: in each form, in each place, and nowhere else."""

import base64
import logging
import urllib.parse
from collections.abc import Callable

import pytest

from flask_mailwright.compose.dkim.keys import KEY_TYPES, KeyType
from tests.canary.forms import Canary, Searcher, canary, forms, of_pem
from tests.canary.noise import Noise
from tests.canary.planted import PASSWORD, PLANTED
from tests.signed import pem


def _sasl(text: str, shape: str) -> str:
    return base64.b64encode(shape.format(text).encode()).decode()


LEAKS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "a part": lambda text: text[3:18],
    "percent-encoded": lambda text: urllib.parse.quote(text, safe=""),
    "in a URL": lambda text: f"smtp://ann:{urllib.parse.quote(text)}@host",
    "hexadecimal": lambda text: text.encode().hex(),
    "repr": lambda text: repr({"password": f"both '\" {text}"}),
    "bytes": lambda text: repr(b"'\"" + text.encode()),
    "base64 alone": lambda text: _sasl(text, "{}"),
    "base64url alone": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "AUTH PLAIN, 0": lambda text: _sasl(text, "\0ab\0{}"),
    "AUTH PLAIN, 1": lambda text: _sasl(text, "\0abc\0{}"),
    "AUTH PLAIN, 2": lambda text: _sasl(text, "\0abcd\0{}"),
    "XOAUTH2, 0": lambda text: _sasl(text, "user=a\1auth=Bearer {}\1\1"),
    "XOAUTH2, 1": lambda text: _sasl(text, "user=ab\1auth=Bearer {}\1\1"),
    "XOAUTH2, 2": lambda text: _sasl(text, "user=abc\1auth=Bearer {}\1\1"),
    "JSON in base64": lambda text: _sasl(repr(text), '{{"password": {}}}'),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_into_the_log_is_found(leak: str) -> None:
    """Of each planted value, wherever in the line it stands."""
    for each in PLANTED:
        with Noise(PLANTED) as noise:
            logging.getLogger("tests").debug("%s is refused", LEAKS[leak](each.text))
        assert {name for name, _ in noise.canaries()} == {each.name}


@pytest.mark.parametrize("at", range(4))
def test_a_leak_is_found_in_each_form_and_place(at: int) -> None:
    """Whatever stands before it."""
    for form, text in forms(PASSWORD.octets):
        assert Searcher([PASSWORD]).found("." * at + text), form


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_keys_share_no_canary(kind: KeyType) -> None:
    """So a key is found by what is its own, also where its line ends are written out."""
    one, other = pem(kind), pem(kind, 1)
    searcher = Searcher(of_pem("key", one))
    for leak in (one, repr(one), one.replace("\n", ""), base64.b64encode(one.encode()).decode()):
        assert searcher.found(leak)
    assert not searcher.found(other)


def test_a_leak_in_a_variable_is_found() -> None:
    """Also of an error behind `from None`; a variable of a test is nobody's business."""
    held = PASSWORD.text
    with Noise(PLANTED) as noise:
        try:
            _raises(held)
        except ValueError as error:
            noise.show_error(error)
        assert not noise.canaries()
        noise.show_things(Canary("shown by its repr", PASSWORD.octets))
    assert noise.canaries()


def test_values_are_told_apart() -> None:
    """And what is no secret is none."""
    assert not Searcher([canary("one", "0Ab1Cd2Ef3Gh4Ij5Kl6")]).found("the relay said 535 no, " * 9)


def _raises(held: str) -> None:
    raise ValueError("no")
