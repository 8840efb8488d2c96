"""The page behind the link: a POST leaves, all else changes nothing (RFC 8058)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import Mail, MailError
from flask_mailwright.suppression import Suppression
from tests.apps import ANN
from tests.shop import shop
from tests.unsubscribe.lists import BASE, CLICK, SECRET, clicked, has_left, make_list, opened

Told = list[tuple[Flask, str, str]]


def listening(mail: Mail) -> Told:
    """Who has left what, as the app is told it."""
    told: Told = []
    mail.on_unsubscribe(lambda app, address, name: told.append((app, address, name)))
    return told


def test_two_clicks_are_one(tmp_path: Path) -> None:
    """The app is told of the first; the person reads the same both times."""
    app, mail = make_list(tmp_path)
    told, url = listening(mail), mail.unsubscribe_url("Ann@Example.com", "news")
    answers = [clicked(app, url) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("You are unsubscribed" in answer.text for answer in answers)
    assert told == [(app, "Ann@Example.com", "news")]
    assert has_left(app)
    assert not has_left(app, name="offers")


@pytest.mark.parametrize("how", ["form", "multipart"])
def test_mail_programs_and_our_button_do_the_same(tmp_path: Path, how: str) -> None:
    """Both ways of RFC 8058 §3.2 to write a form; no cookie comes back."""
    app, mail = make_list(tmp_path)
    kind = {"multipart": "multipart/form-data"}.get(how, "application/x-www-form-urlencoded")
    answer = clicked(app, mail.unsubscribe_url(ANN, "news"), content_type=kind)
    assert has_left(app)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"])
def test_a_link_scanner_unsubscribes_nobody(tmp_path: Path, method: str) -> None:
    """Whatever it opens, and whatever a GET brings along."""
    app, mail = make_list(tmp_path)
    told, url = listening(mail), mail.unsubscribe_url(ANN, "news")
    answer = opened(app, url, method, query_string=CLICK, data=CLICK if method != "GET" else None)
    expected = {"GET": 200, "HEAD": 200, "OPTIONS": 204}
    assert answer.status_code == expected.get(method, 405)
    assert not has_left(app)
    assert told == []


def test_a_post_that_is_no_click(tmp_path: Path) -> None:
    """It is asked, as a GET; a program sees that nothing was done."""
    app, mail = make_list(tmp_path)
    for form in ({}, {"List-Unsubscribe": "no"}, {"a": "One-Click"}):
        answer = opened(app, mail.unsubscribe_url(ANN, "news"), "POST", data=form)
        assert answer.status_code == 400
        assert "Unsubscribe from “news”?" in answer.text
    assert not has_left(app)


def test_what_the_page_says(tmp_path: Path) -> None:
    """For whom, but not so that others can read it; and nothing of it is kept or told."""
    app, mail = make_list(tmp_path)
    answer = opened(app, mail.unsubscribe_url("ann&b@example.com", "news"))
    assert "a•••@example.com" in answer.text
    assert "ann" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"""(?:src|href|action)="?([^"> ]*)""", answer.text) == ["data:,"]


@pytest.mark.parametrize("token", ["", "x", "x/y", "%00", "é" * 9])
def test_a_link_that_is_broken(tmp_path: Path, token: str) -> None:
    """A page for people says what to do."""
    app, _ = make_list(tmp_path)
    for method in ("GET", "POST"):
        answer = opened(app, f"{BASE}/_unsubscribe/{token}", method, data=CLICK)
        assert answer.status_code == 404
        assert "Nothing was changed." in answer.text
        assert "<form" not in answer.text


def test_what_the_app_does_then_is_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It raises, and the person is unsubscribed all the same, and the others are told."""
    app, mail = make_list(tmp_path)

    @mail.on_unsubscribe
    def break_down(app: Flask, address: str, name: str) -> None:
        raise RuntimeError("broken")

    told = listening(mail)
    with caplog.at_level(logging.ERROR):
        assert clicked(app, mail.unsubscribe_url(ANN, "news")).status_code == 200
    assert has_left(app)
    assert len(told) == 1
    assert "break_down of on_unsubscribe raised" in caplog.text


def test_an_app_factory_runs_its_decorators_again(tmp_path: Path) -> None:
    """The app is told once, by the function that was written last."""
    app, mail = make_list(tmp_path)
    told: list[int] = []
    for number in range(3):
        mail.on_unsubscribe(lambda *who, number=number: told.append(number))
    clicked(app, mail.unsubscribe_url(ANN, "news"))
    assert told == [2]


def test_two_functions_with_the_same_decorator(tmp_path: Path) -> None:
    """Both are told, though all that Python sees of them is the decorator's inner function."""
    app, mail = make_list(tmp_path)
    told: list[str] = []

    def loud(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def around(*who: object) -> None:
            function(*who)

        return around

    mail.on_unsubscribe(loud(lambda *who: told.append("one")))
    mail.on_unsubscribe(loud(lambda *who: told.append("two")))
    clicked(app, mail.unsubscribe_url(ANN, "news"))
    assert told == ["one", "two"]


class Away:
    """A store that cannot be reached."""

    def add(self, *who: object) -> bool:
        """Not now."""
        raise MailError("the database is away", kind="temporary", stage="store")

    remove = add

    def find(self, *who: object) -> dict[str, Suppression]:
        """Nobody knows."""
        return {}

    def __iter__(self) -> Iterator[Suppression]:
        """Nor here."""
        return iter(())


def test_what_was_not_stored_is_not_said(tmp_path: Path) -> None:
    """The person is asked to try again, and a mail program sees a 503."""
    app, mail = make_list(tmp_path, MAIL_SUPPRESSIONS=Away())
    told = listening(mail)
    answer = clicked(app, mail.unsubscribe_url(ANN, "news"))
    assert answer.status_code == 503
    assert "<strong>not</strong> unsubscribed" in answer.text
    assert "Try again" in answer.text
    assert told == []


GERMAN = """{% extends "mailwright/unsubscribe_page.html" %}{% block lang %}de{% endblock %}
{% block ask_heading %}{{ list }} abbestellen?{% endblock %}
{% block ask_button %}Abbestellen{% endblock %}"""


def test_the_apps_own_words(tmp_path: Path) -> None:
    """Block by block; what it leaves out is ours."""
    app, mail = make_list(tmp_path, {"mailwright/unsubscribe.html": GERMAN})
    text = opened(app, mail.unsubscribe_url(ANN, "news")).text
    assert '<html lang="de"' in text
    assert "<title>news abbestellen?</title>" in text
    assert re.search(r"<button [^>]*>Abbestellen</button>", text)
    assert "<style>:root" in text


def test_the_apps_own_page(tmp_path: Path) -> None:
    """With its context processors, and its own policy of what may be loaded."""
    app, mail = make_list(
        tmp_path,
        {"mailwright/unsubscribe.html": "{{ shop }} {{ outcome }} {{ list }} {{ address }}"},
    )
    app.context_processor(lambda: {"shop": "Ours"})
    app.after_request(lambda response: _with_policy(response))
    answer = clicked(app, mail.unsubscribe_url(ANN, "news"))
    assert answer.text == "Ours done news a•••@example.com"
    assert answer.headers["Content-Security-Policy"] == "default-src 'self'"


def test_the_apps_policy_does_not_break_our_page(tmp_path: Path) -> None:
    """It knows nothing of our style."""
    app, mail = make_list(tmp_path)
    app.after_request(lambda response: _with_policy(response))
    answer = opened(app, mail.unsubscribe_url(ANN, "news"))
    assert "style-src 'sha256-" in answer.headers["Content-Security-Policy"]


def _with_policy(response: Any) -> Any:
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response


def test_in_the_apps_own_database(tmp_path: Path) -> None:
    """It is committed before the app is told, and stays when that leaves its session broken."""
    with shop("sqlite", tmp_path, SECRET_KEY=SECRET, MAIL_BASE_URL=BASE) as here:

        @here.mail.on_unsubscribe
        def order(app: Flask, address: str, name: str) -> None:
            here.add(address)
            here.db.session.flush()
            raise RuntimeError("not committed")

        answer = clicked(here.app, here.mail.unsubscribe_url(ANN, "news"))
        assert answer.status_code == 200
        assert has_left(here.app)
        assert here.orders() == []
