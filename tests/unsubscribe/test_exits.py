"""The link to leave a list: what it begins with, and whom it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import Mail, MessageError
from flask_mailwright.unsubscribe.token import DAY
from tests.apps import ANN, BOB, kept, make_app, parsed, text_of
from tests.unsubscribe.lists import BASE, SECRET, clicked, has_left, make_list, opened

TEMPLATES = {
    "news.txt": "{% from 'foot.txt' import foot %}{{ foot() }}",
    "foot.txt": "{% macro foot() %}{{ unsubscribe_url('news') }}{% endmacro %}",
}


def fault(folder: Path, **config: Any) -> str:
    """Why there is no link, without a request."""
    with pytest.raises(MessageError) as caught:
        make_list(folder, **config)[1].unsubscribe_url(ANN, "news")
    return str(caught.value)


def test_the_link_in_the_text_is_that_of_the_header(tmp_path: Path) -> None:
    """In a macro too, and for whoever it is composed for."""
    app, mail = make_list(tmp_path, TEMPLATES)
    message = mail.compose(("Ann", ANN), "News", "news")
    message.list = "news"
    mail.send(message)
    (sent,) = kept(app)
    assert parsed(sent)["List-Unsubscribe"] == f"<{text_of(sent)}>"
    assert text_of(sent) == mail.unsubscribe_url(ANN, "news")


def test_templates_for_two_have_no_link(tmp_path: Path) -> None:
    """Each could take the other off."""
    _, mail = make_list(tmp_path, TEMPLATES)
    with pytest.raises(MessageError, match=r"unsubscribe_url\('news'\) .* mail.send_many"):
        mail.compose([ANN, BOB], "News", "news")


def test_what_it_begins_with(tmp_path: Path) -> None:
    """MAIL_BASE_URL, else the URL of the request, else SERVER_NAME."""
    _, mail = make_list(tmp_path, MAIL_BASE_URL=f"{BASE}/de/")
    assert mail.unsubscribe_url(ANN, "news").startswith(f"{BASE}/de/_unsubscribe/")
    app, mail = make_list(tmp_path, MAIL_BASE_URL=None)
    with app.test_request_context("/page", base_url="https://here.example/root"):
        url = mail.unsubscribe_url(ANN, "news")
    assert url.startswith("https://here.example/root/_unsubscribe/")
    named: dict[str, Any] = {"SERVER_NAME": "there.example", "PREFERRED_URL_SCHEME": "https"}
    _, mail = make_list(tmp_path, MAIL_BASE_URL=None, APPLICATION_ROOT="/fr", **named)
    assert mail.unsubscribe_url(ANN, "news").startswith("https://there.example/fr/_unsubscribe/")


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    """All of it, with the key to set."""
    told = fault(tmp_path, SECRET_KEY="", MAIL_BASE_URL=None)
    assert "SECRET_KEY: set it" in told
    assert "set MAIL_BASE_URL=https://..." in told
    assert SECRET not in fault(tmp_path, MAIL_BASE_URL=None)


@pytest.mark.parametrize("host", ["localhost:5000", "127.0.0.1", "[::1]:80", "shop.localhost"])
def test_http_is_for_development(tmp_path: Path, host: str) -> None:
    """On the developer's own machine nobody listens."""
    _, mail = make_list(tmp_path, MAIL_BASE_URL=f"http://{host}")
    assert mail.unsubscribe_url(ANN, "news").startswith(f"http://{host}/_unsubscribe/")


@pytest.mark.parametrize("host", ["shop.example.com", "192.168.1.7", "localhost.example.com"])
def test_http_elsewhere_is_refused(tmp_path: Path, host: str) -> None:
    """RFC 8058 §3.1; mail programs would not show the button."""
    assert "must be https" in fault(tmp_path, MAIL_BASE_URL=f"http://{host}")


def test_who_met_the_app_too_late_is_told(tmp_path: Path) -> None:
    """Flask takes no page once requests have come, and a link would lead nowhere."""
    app = make_app(SECRET_KEY=SECRET, MAIL_BASE_URL=BASE, MAIL_URL="memory:")
    app.test_client().get("/")
    with pytest.raises(MessageError, match="after the first request: call mail.init_app"):
        Mail(app).unsubscribe_url(ANN, "news")


def test_what_is_no_address_and_no_list(tmp_path: Path) -> None:
    """From Python as in a message."""
    _, mail = make_list(tmp_path)
    for address, name in (("ann", "news"), (ANN, "the news")):
        with pytest.raises(MessageError):
            mail.unsubscribe_url(address, name)


def test_it_lasts_a_year(tmp_path: Path) -> None:
    """And no longer than a day more."""
    then = 1_796_000_000.0
    url = make_list(tmp_path, now=then)[1].unsubscribe_url(ANN, "news")
    old, _ = make_list(tmp_path, now=then + 367 * DAY)
    assert clicked(old, url).status_code == 410
    assert not has_left(old)
    app, _ = make_list(tmp_path, now=then + 365 * DAY)
    assert clicked(app, url).status_code == 200
    assert has_left(app)


def test_a_new_secret_reads_what_the_former_wrote(tmp_path: Path) -> None:
    """As long as it is in SECRET_KEY_FALLBACKS."""
    url = make_list(tmp_path)[1].unsubscribe_url(ANN, "news")
    without, _ = make_list(tmp_path, SECRET_KEY=b"new")
    assert clicked(without, url).status_code == 404
    app, mail = make_list(tmp_path, SECRET_KEY=b"new", SECRET_KEY_FALLBACKS=["older", SECRET])
    assert clicked(app, url).status_code == 200
    assert mail.unsubscribe_url(ANN, "news") != url


def test_the_link_of_another_app(tmp_path: Path) -> None:
    """With the same secret: it leads to no list of ours."""
    blog = Flask("blog")
    blog.config.update(SECRET_KEY=SECRET, MAIL_BASE_URL=BASE, MAIL_URL="memory:")
    url = Mail(blog).unsubscribe_url(ANN, "news")
    app, _ = make_list(tmp_path)
    assert opened(app, url).status_code == 404
    assert clicked(app, url).status_code == 404
    assert not has_left(app)


@pytest.mark.parametrize("former", ["former secret", b"former secret"])
def test_one_former_secret_is_one(tmp_path: Path, former: str | bytes) -> None:
    """As FLASK_SECRET_KEY_FALLBACKS gives it; each of its letters would be a secret to guess."""
    app, mail = make_list(tmp_path, SECRET_KEY=former)
    url = mail.unsubscribe_url(ANN, "news")
    app.config.update(SECRET_KEY=former[:1])
    guessed = mail.unsubscribe_url(ANN, "news")
    app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=former)
    assert clicked(app, guessed).status_code == 404
    assert clicked(app, url).status_code == 200
