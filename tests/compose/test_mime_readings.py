"""The second promise: every reader decodes exactly what was put in."""

import pytest
from hypothesis import assume, given, note

from flask_mailwright.message import Message
from tests.compose.readings import (
    as_our_reader_shows,
    by_our_reader,
    by_perl,
    by_standard_library,
    composed,
    perl_can_tell,
)
from tests.compose.strategies import LOOK_ALIKES, ORIGIN, SCRIPTS, SPECIALS, mails
from tests.effort import examples
from tests.judges.perl_parser import PerlParser


@pytest.mark.timeout(600)  # its examples are 100 s of work where a machine is slow
@given(mails())
@examples(2000)
def test_mail_is_read_as_it_was_composed(message: Message) -> None:
    """Subject, addresses, texts and files, by the standard library and by our own reader."""
    content, put_in = message.seal(ORIGIN).content, composed(message)
    note(content.decode())
    assert by_standard_library(content) == put_in
    assert by_our_reader(content) == as_our_reader_shows(put_in)


@given(mails())
@examples(200)
def test_perl_reads_what_was_composed(perl_parser: PerlParser, message: Message) -> None:
    """A parser that is not Python's sees the same."""
    content, put_in = message.seal(ORIGIN).content, composed(message)
    assume(perl_can_tell(put_in))
    note(content.decode())
    assert by_perl(perl_parser, content) == put_in


@pytest.mark.parametrize("text", [*SCRIPTS, *SPECIALS, *LOOK_ALIKES])
def test_every_odd_text_stands_everywhere(text: str) -> None:
    """In subject, name, body, HTML and file name, alone and long."""
    for shown in (text, text * 30, f" {text} "):
        message = Message(shown, [("Ann", "ann@example.com")], shown, shown)
        message.sender = ORIGIN.default_sender
        message.attach(shown, "image/png", b"\x89PNG")
        content, put_in = message.seal(ORIGIN).content, composed(message)
        assert by_standard_library(content) == put_in
        assert by_our_reader(content) == as_our_reader_shows(put_in)
