"""Mail in the language and the time zone of whoever it is for."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import Babel, get_locale

from flask_mailwright import Mail, MessageError
from tests.apps import ANN, make_mail, parsed

TEMPLATES = {
    "m.html": "English {{ mail_locale }}",
    "m.txt": "English",
    "m.de.html": "Deutsch {{ mail_locale }} {{ mail_dir }}",
    "m.de_AT.txt": "Servus",
    "m.he.txt": "{{ mail_dir }}",
}
NOON = datetime.datetime(2026, 7, 1, 12, tzinfo=datetime.UTC)


@dataclass
class Person:
    """As an app's user may be."""

    locale: Any = None
    timezone: Any = None
    email: str = ANN


def body(mail: Mail, to: Any, template: str = "m", **context: Any) -> tuple[str | None, str | None]:
    """What it is written."""
    message = mail.compose(to, "Hi", template, **context)
    return message.body, message.html


class TestWithoutBabel:
    """A template for each language, `m.de.html` before `m.html`."""

    def test_the_nearest_is_taken_whole(self) -> None:
        """A mail is never of two languages."""
        mail = make_mail(TEMPLATES)[1]
        assert body(mail, Person("de_AT")) == ("Servus", None)
        assert body(mail, Person("de-CH"))[1] == "Deutsch de_CH ltr"
        assert body(mail, Person("fr")) == ("English", "English fr")
        assert body(mail, ANN) == ("English", "English None")
        assert body(mail, Person("he_IL"))[0] == "rtl"

    def test_of_several_people(self) -> None:
        """The one that they agree on."""
        mail = make_mail(TEMPLATES)[1]
        assert body(mail, [Person("de_AT"), Person("de_AT", email="b@example.com"), ANN]) == (
            *("Servus", None),
        )
        assert body(mail, [Person("de"), Person("fr")])[0] == "English"

    def test_it_is_told_in_the_mail(self) -> None:
        """And in the message."""
        app, mail = make_mail(TEMPLATES)
        message = mail.compose(Person("de_CH"), "Hi", "m")
        assert message.locale == "de_CH"
        with app.app_context():
            sealed = app.extensions["mailwright"].prepare(message).mail
        assert parsed(sealed)["Content-Language"] == "de-CH"

    @pytest.mark.parametrize("locale", ["../../x", "d", "de_DE.UTF-8", "de_", "x" * 50, 7])
    def test_what_is_no_locale(self, locale: Any, caplog: pytest.LogCaptureFixture) -> None:
        """The mail goes in the app's own language, and a warning tells."""
        assert body(make_mail(TEMPLATES)[1], Person(locale))[0] == "English"
        assert "a recipient's locale is none" in caplog.text

    @pytest.mark.parametrize("zone", ["Europe/Berlin", ZoneInfo("Europe/Berlin")])
    def test_localtime(self, zone: Any) -> None:
        """The filter shows the reader's clock; where that is not known, the moment's own."""
        mail = make_mail({"m.txt": "{{ at|localtime }}"})[1]
        assert body(mail, Person(timezone=zone), at=NOON)[0] == "2026-07-01 14:00:00+02:00"
        assert body(mail, ANN, at=NOON)[0] == "2026-07-01 12:00:00+00:00"

    @pytest.mark.parametrize("at", [NOON.replace(tzinfo=None), NOON.date(), None])
    def test_a_time_without_zone(self, at: object) -> None:
        """Nobody knows when it is."""
        mail = make_mail({"m.txt": "{{ at|localtime }}"})[1]
        with pytest.raises(MessageError, match="is no datetime with a zone"):
            body(mail, ANN, at=at)

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "../x", 7])
    def test_what_is_no_zone(self, zone: Any, caplog: pytest.LogCaptureFixture) -> None:
        """Likewise."""
        mail = make_mail({"m.txt": "{{ at|localtime }}"})[1]
        assert body(mail, Person(timezone=zone), at=NOON)[0] == "2026-07-01 12:00:00+00:00"
        assert "a recipient's timezone is none" in caplog.text


PO = b"""
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Hello"
msgstr "Hallo"
"""


@pytest.fixture
def babel(tmp_path: Path) -> tuple[Flask, Mail]:
    """An app with Flask-Babel, whose visitors read Polish in Warsaw."""
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, read_po(BytesIO(PO), locale="de"))
    app, mail = make_mail(
        {"m.txt": "{{ _('Hello') }} {{ at|datetimeformat }} {{ mail_locale }}"},
        BABEL_TRANSLATION_DIRECTORIES=str(tmp_path),
    )
    Babel(app, locale_selector=lambda: "pl", timezone_selector=lambda: "Europe/Warsaw")
    return app, mail


class TestWithBabel:
    """Its gettext and its filters speak to the reader."""

    def test_language_and_zone(self, babel: tuple[Flask, Mail]) -> None:
        """Of the reader, outside of any request."""
        found = body(babel[1], Person("de", "America/New_York"), at=NOON)[0]
        assert found == "Hallo 01.07.2026, 08:00:00 de"

    def test_the_visitors_stay_their_own(self, babel: tuple[Flask, Mail]) -> None:
        """In the request that sends the mail, before it and after it."""
        app, mail = babel
        with app.test_request_context():
            before = body(mail, ANN, at=NOON)[0]
            assert body(mail, Person("de", "Asia/Tokyo"), at=NOON)[0] == (
                "Hallo 01.07.2026, 21:00:00 de"
            )
            assert body(mail, ANN, at=NOON)[0] == before
            assert str(get_locale()) == "pl"
        assert before is not None
        assert before.startswith("Hello 1 lip 2026, 14:00:00")

    @pytest.mark.parametrize("locale", ["xx", "en_XX", "tlh", "zzz_QQ"])
    def test_a_language_that_babel_does_not_know(
        self, babel: tuple[Flask, Mail], locale: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The mail goes in the app's own, and a warning tells."""
        assert (body(babel[1], Person(locale), at=NOON)[0] or "").startswith("Hello 1 lip 2026")
        assert f"Flask-Babel does not speak '{locale}'" in caplog.text
