import re
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import default

import pytest
from hypothesis import example, given

from flask_mailwright.compose.mime.parameters import (
    content_type_tokens,
    parameter,
    parse_content_type,
)
from flask_mailwright.compose.mime.words import fold
from flask_mailwright.errors import MessageError
from tests.compose.strategies import FILENAME
from tests.effort import examples


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        ("a.pdf", ["filename=a.pdf"]),
        ("a b;c.pdf", ['filename="a b;c.pdf"']),
        ("it's 100%.pdf", ['filename="it\'s 100%.pdf"']),
        ('a"b.pdf', ["filename*=utf-8''a%22b.pdf"]),
        (" a ", ["filename*=utf-8''%20a%20"]),
        ("=?utf-8?q?x?=", ["filename*=utf-8''%3D%3Futf-8%3Fq%3Fx%3F%3D"]),
        ("größe.pdf", ["filename*=utf-8''gr%C3%B6%C3%9Fe.pdf"]),
    ],
)
def test_parameter_is_as_plain_as_it_can_be(value: str, tokens: list[str]) -> None:
    """A token, else quoted, else extended by RFC 2231."""
    assert parameter("filename", value) == tokens


def test_long_value_is_cut_between_characters() -> None:
    """In numbered pieces that each fit on a line; a hundred of them too."""
    tokens = parameter("filename", "日" * 700)
    assert len(tokens) > 100
    for number, token in enumerate(tokens):
        assert token.startswith(f"filename*{number}*=")
        assert len(token) <= 77
        assert re.sub("utf-8''|%E6%97%A5|;", "", token.partition("=")[2]) == ""


@given(FILENAME.filter(bool))
@examples(500)
@example("0")
def test_file_name_is_read_back(name: str) -> None:
    """By the standard library, whatever the name."""
    line = fold("Content-Disposition", ["attachment;", *parameter("filename", name)])
    assert line.isascii()
    assert max(map(len, line.split("\r\n"))) <= 78
    parsed = HeaderParser(EmailMessage, policy=default).parsestr(f"{line}\r\n")
    assert parsed["Content-Disposition"].params["filename"] == name


@pytest.mark.parametrize(
    ("value", "kind", "parameters"),
    [
        ("Text/HTML", "text/html", {}),
        (" text/plain ; Charset = x", None, {}),
        (
            'text/plain;charset="a b";FORMAT=flowed',
            "text/plain",
            {"charset": "a b", "format": "flowed"},
        ),
        ('a/b; c="d\\"e\\\\f"', "a/b", {"c": 'd"e\\f'}),
        ("application/vnd.ms-excel.12+xml", "application/vnd.ms-excel.12+xml", {}),
        ("a/b;", "a/b", {}),
        ("", None, {}),
        ("text", None, {}),
        ("text/", None, {}),
        ("text/plain charset=x", None, {}),
        ("text/plain; x", None, {}),
        ("text/plain; *x=y", None, {}),
        ("text/plain; x*=y", None, {}),
        ("tëxt/plain", None, {}),
        ('a/b; c="d', None, {}),
    ],
)
def test_content_type_is_read_strictly(
    value: str, kind: str | None, parameters: dict[str, str]
) -> None:
    """What is not of the grammar is refused, and nothing in it is dropped."""
    if kind is not None:
        assert parse_content_type("x", value) == (kind, parameters)
        return
    with pytest.raises(MessageError, match="^The message was not accepted: x "):
        parse_content_type("x", value)


def test_content_type_is_written_with_its_parameters() -> None:
    """Semicolons stand between, so that it may be folded at any token."""
    tokens = content_type_tokens("a/b", {"c": "d", "e": "f g"})
    assert " ".join(tokens) == 'a/b; c=d; e="f g"'
