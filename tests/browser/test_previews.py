from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from flask_mailwright import Mail, Message

from .artefacts import keep
from .chromium import Window
from .reader import body, own_errors
from .served import Served, served

WELCOME = """{% block subject %}Welcome{% endblock %}
<p style="font: 20px sans-serif">Hello, {{ name }}!</p>"""
WILLKOMMEN = """{% block subject %}Willkommen{% endblock %}
<p style="font: 20px sans-serif">Guten Tag, {{ name }}!</p>"""


def _make_app(folder: Path) -> Flask:
    """With one mail in two languages; its templates are in `folder`."""
    (folder / "welcome.html").write_text(WELCOME)
    (folder / "welcome.de.html").write_text(WILLKOMMEN)
    app = Flask("previewed", instance_path=str(folder), template_folder=str(folder))
    app.config.update(DEBUG=True, MAIL_DEFAULT_SENDER="flasky@example.com", MAIL_ENGINE="threads")
    mail = Mail(app)

    @mail.preview("welcome", locales=["en", "de"])
    def welcome() -> Message:
        """What a new user gets."""
        return mail.compose("ann@example.com", None, "welcome", name="Ann")

    return app


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    """An application whose templates somebody is just writing."""
    with served(lambda _url: _make_app(tmp_path)) as site:
        yield site


@pytest.fixture
def preview(window: Window, site: Served) -> Iterator[Page]:
    """The mail's preview, opened from the list; the console says nothing in the whole of a test."""
    page = window.page
    page.goto(f"{site.url}/_mail/previews")
    expect(page.get_by_text("What a new user gets.")).to_be_visible()
    keep(page, "20-previews")
    page.get_by_role("link", name="welcome", exact=True).click()
    expect(body(page).get_by_text("Hello, Ann!")).to_be_visible()
    yield page
    assert not own_errors(window)


def test_the_languages_are_one_click_away(preview: Page) -> None:
    """And the way back."""
    keep(preview, "21-preview")
    preview.get_by_role("link", name="de", exact=True).click()
    expect(body(preview).get_by_text("Guten Tag, Ann!")).to_be_visible()
    expect(preview.locator("h1")).to_have_text("Willkommen")
    keep(preview, "22-preview-de")
    preview.get_by_role("link", name="en", exact=True).click()
    expect(body(preview).get_by_text("Hello, Ann!")).to_be_visible()


def test_the_page_follows_the_template(preview: Page, tmp_path: Path) -> None:
    """What is saved shows, and so does where a name is wrong. Nobody reloads."""
    template = tmp_path / "welcome.html"
    template.write_text(WELCOME.replace("Hello", "Good morning"))
    expect(body(preview).get_by_text("Good morning, Ann!")).to_be_visible()
    template.write_text(WELCOME.replace("{{ name }}", "{{ nmae }}"))
    expect(preview.locator("main")).to_contain_text("nmae")
    expect(preview.locator("main")).to_contain_text("welcome.html:2")
    keep(preview, "23-undefined")
    template.write_text(WELCOME)
    expect(body(preview).get_by_text("Hello, Ann!")).to_be_visible()


def test_a_broken_template_is_told_until_it_is_mended(preview: Page, tmp_path: Path) -> None:
    """In Jinja's words, with the line."""
    template = tmp_path / "welcome.html"
    template.write_text(WELCOME.replace("{% endblock %}", "{% endblok %}"))
    expect(preview.locator("main")).to_contain_text("endblok")
    expect(preview.locator("main")).to_contain_text("welcome.html:1")
    keep(preview, "24-broken")
    template.write_text(WELCOME)
    expect(body(preview).get_by_text("Hello, Ann!")).to_be_visible()


def test_a_preview_is_sent_to_the_mailbox(preview: Page) -> None:
    """As real mail is."""
    preview.get_by_role("button", name="Send it").click()
    expect(preview.get_by_text("The preview was sent")).to_be_visible()
    expect(preview.locator("a.row")).to_contain_text("Welcome")
