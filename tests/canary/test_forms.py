"""Who looks for canaries finds them: in each form, in each place, and nowhere else."""

import base64
import logging
import urllib.parse
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from flask_mailwright.compose.dkim.keys import KEY_TYPES, KeyType
from flask_mailwright.engines import OutboxSettings
from flask_mailwright.errors import MailError
from tests.canary.forms import Searcher, canary, forms, of_pem
from tests.canary.noise import OURS, Noise
from tests.canary.planted import BODY, PASSWORD, PLANTED
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
        assert noise.canaries() == {each.name}


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


OUR_FRAME = """
def raises(held):
    try:
        held.no_such_attribute
    except AttributeError as error:
        raise ValueError("no") from error
"""


@pytest.mark.parametrize(("file", "found"), [(f"{OURS}/some.py", True), ("/elsewhere.py", False)])
def test_a_leak_in_a_variable_is_found(file: str, found: bool) -> None:
    """Of a frame of ours; what an app's own have is its own business, and so is the mail there."""
    scope: dict[str, Any] = {}
    exec(compile(OUR_FRAME, file, "exec"), scope)
    for held, name in ((PASSWORD, PASSWORD.name if found else ""), (BODY, "")):
        with Noise(PLANTED) as noise, pytest.raises(ValueError, match="no") as caught:
            scope["raises"](held.text)
        noise.show_error(caught.value)
        assert noise.canaries() == ({name} if name else set())


def test_a_leak_in_an_error_is_found() -> None:
    """In its text, in what it came from, and on what hangs on something of ours."""
    cause = RuntimeError(PASSWORD.text)
    error = MailError("no")
    error.__cause__ = cause
    settings = OutboxSettings(folder=PASSWORD.text)
    for shown in (cause, error, [settings], partial(print, settings)):
        with Noise(PLANTED) as noise:
            noise.show_things(shown)
        assert noise.canaries() == {PASSWORD.name}


def test_a_leak_in_a_warning_is_found() -> None:
    """Whoever may see it."""
    with Noise(PLANTED) as noise:
        warnings.warn(PASSWORD.text, stacklevel=1)
    assert noise.canaries() == {PASSWORD.name}


def test_values_are_told_apart() -> None:
    """And what is no secret is none."""
    assert not Searcher([canary("one", "0Ab1Cd2Ef3Gh4Ij5Kl6")]).found("the relay said 535 no, " * 9)
