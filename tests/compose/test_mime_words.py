import re
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_mailwright.address import Address
from flask_mailwright.compose.mime.charsets import carries
from flask_mailwright.compose.mime.reader import decode_words
from flask_mailwright.compose.mime.words import (
    address_field,
    encoded_words,
    text_field,
    verbatim_field,
)
from tests.compose.strategies import HEADER_TEXT, addresses
from tests.effort import examples


@given(HEADER_TEXT, st.integers(0, 75))
@examples(500)
def test_encoded_words_are_whole(text: str, first: int) -> None:
    """Each has at most 75 octets, decodes on its own, and all together are the text."""
    words = encoded_words(text, first)
    assert "".join(map(decode_words, words)) == text
    for word in words:
        assert re.fullmatch(r"=\?utf-8\?[qb]\?[A-Za-z0-9!*+/=_-]*\?=", word)
        assert len(word) <= 75
        assert "\ufffd" not in str(make_header(decode_header(word)))


@given(HEADER_TEXT, st.integers(0, 75), st.sampled_from(["iso-2022-jp", "euc-kr", "iso-8859-1"]))
@examples(500)
@example("請求書の再送" * 20, 40, "iso-2022-jp")
@example("日本語と Ελληνικά", 60, "euc-kr")
def test_encoded_words_in_another_charset(text: str, first: int, charset: str) -> None:
    """They are in it if it can carry the text, else in UTF-8; each is whole either way."""
    words = encoded_words(text, first, charset)
    named = charset if carries(charset, text) else "utf-8"
    assert "".join(map(decode_words, words)) == text
    for word in words:
        assert word.startswith(f"=?{named}?")
        assert len(word) <= 75
        assert str(make_header(decode_header(word))) == decode_words(word)


@given(HEADER_TEXT, st.sampled_from(["Subject", "X", "X-" + "Long" * 18]))
@examples(500)
@example("x" * 997, "X")
@example(f"a{' ' * 1200}b", "Subject")
@example("=?", "Subject")
@example(f"{'x' * 67}  y", "Subject")
def test_text_field_is_read_back(text: str, name: str) -> None:
    """Unfolded and decoded it is the text, also where a fold becomes one space."""
    field = text_field(name, text)
    assert field.endswith("\r\n")
    lines = field[:-2].split("\r\n")
    assert max(map(len, lines)) <= 998
    assert all(re.match(" [^ ]", line) for line in lines[1:])
    got, _, value = "".join(lines).partition(":")
    assert (got, decode_words(value.removeprefix(" "))) == (name, text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann Example", "Ann Example <a@x.org>"),
        ("Doe, Jane", '"Doe, Jane" <a@x.org>'),
        ("Jane  Doe", '"Jane  Doe" <a@x.org>'),
        ("J. Doe", '"J. Doe" <a@x.org>'),
        ('O"Hara\\', '"O\\"Hara\\\\" <a@x.org>'),
        (" Ann", "=?utf-8?q?_Ann?= <a@x.org>"),
        ("Ann\tExample", "=?utf-8?q?Ann=09Example?= <a@x.org>"),
        ("Jürgen Example", "=?utf-8?q?J=C3=BCrgen_Example?= <a@x.org>"),
        ("日本語", "=?utf-8?b?5pel5pys6Kqe?= <a@x.org>"),
        ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <a@x.org>"),
        ("", "a@x.org"),
    ],
)
def test_display_name_is_as_plain_as_it_can_be(name: str, shown: str) -> None:
    """Atoms, else quoted, else encoded; never an encoded-word inside quotes."""
    assert address_field("To", [Address(name, "a@x.org")]) == f"To: {shown}\r\n"


@given(st.lists(addresses(), min_size=1, max_size=3))
@examples(300)
def test_address_field_is_folded_at_78(boxes: list[Address]) -> None:
    """Only one long address makes a line longer; with an encoded-word it has at most 76."""
    lines = address_field("Reply-To", boxes)[:-2].split("\r\n")
    for line in lines:
        words = re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^" ])+', line)
        assert len(line) <= (76 if "=?utf-8?" in line else 78) or len(words) == 1
        assert words


def test_name_stands_on_the_line_of_its_field() -> None:
    """Some readers take a first line without a value for an empty field."""
    for name in ("ü" * 100, '"' * 60, "a b, " * 11):
        first = address_field("Resent-Reply", [Address(name, "a@x.org")]).partition("\r\n")[0]
        assert len(first) > len("Resent-Reply: ")


def test_verbatim_field_is_never_encoded() -> None:
    """Look-alikes stand as they are, folded at spaces."""
    value = f"<mailto:{'x' * 60}>, <https://x.org/=?utf-8?q?y?=>"
    assert verbatim_field("List-Unsubscribe", value) == (
        f"List-Unsubscribe: <mailto:{'x' * 60}>,\r\n <https://x.org/=?utf-8?q?y?=>\r\n"
    )
