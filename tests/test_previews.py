"""Mails to look at before anybody gets them."""

from __future__ import annotations

import pytest

from flask_mailwright import Message, MessageError
from tests.apps import ANN, hello, make_mail, parsed, text_of


def test_it_is_checked_and_sealed_like_any_other() -> None:
    """What a preview shows would leave."""
    app, mail = make_mail({"m.txt": "English", "m.de.txt": "Deutsch"})

    @mail.preview("welcome", locales=["en", "de"])
    def welcome() -> Message:
        """What a new user gets."""
        return mail.compose(ANN, "Hi", "m")

    @mail.preview("bad")
    def bad() -> Message:
        return hello(subject="a\nb")

    state = app.extensions["mailwright"]
    found = state.previews["welcome"]
    assert (found.locales, found.about) == (("en", "de"), "What a new user gets.")
    assert text_of(state.preview("welcome")) == "English"
    sealed = state.preview("welcome", "de")
    assert text_of(sealed) == "Deutsch"
    assert parsed(sealed)["Content-Language"] == "de"
    with pytest.raises(MessageError, match="line feed"):
        state.preview("bad")


def test_a_name_is_taken_once() -> None:
    """But an app factory may run again."""
    mail = make_mail()[1]

    def factory() -> None:
        @mail.preview("a", locales="de")
        def a() -> Message:
            return hello()

    factory()
    factory()
    assert mail._previews["a"].locales == ("de",)
    with pytest.raises(ValueError, match="there is a preview 'a' already"):
        mail.preview("a")(lambda: hello())
