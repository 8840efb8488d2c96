"""The previews: listed, shown like real mail, and up to date."""

import itertools
import re
import secrets
import sys
from pathlib import Path

import pytest
from flask import Flask

from flask_mailwright import Mail, Message
from tests.apps import ANN, SENDER, kept
from tests.web.mailbox import Box


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the app's templates are."""
    made = tmp_path / "templates" / "mail"
    made.mkdir(parents=True)
    (made / "welcome.html").write_text("<h1>Welcome {{ name }}</h1>")
    (made / "welcome.txt").write_text("Welcome {{ name }}")
    return made


@pytest.fixture
def shop(tmp_path: Path, folder: Path) -> Box:
    """An app with previews, whose templates are reloaded."""
    app = Flask("shop", root_path=str(tmp_path), instance_path=str(tmp_path / "instance"))
    app.config.update(MAIL_URL="memory:", MAIL_ENGINE="inline", MAIL_DEFAULT_SENDER=SENDER)
    app.debug = True
    app.jinja_env.auto_reload = True
    mail = Mail(app)

    @mail.preview("welcome", locales=["en", "de"])
    def welcome() -> Message:
        """What a new user gets.

        And nobody else.
        """
        message = mail.compose(ANN, "Welcome", "mail/welcome", name="Ann")
        cid = message.inline(b"\x89PNG", "logo.png", "image/png")
        message.html = f'{message.html}<img src="{cid}">'
        return message

    @mail.preview("mail/no sender")
    def unsent() -> Message:
        return Message("Hi", [])

    return Box(app, mail, app.test_client())


def digest(shop: Box) -> str:
    """As the page has it."""
    found = re.search(r'data-latest="([^"]+)"', shop.page("/previews/welcome"))
    assert found
    return found[1]


def test_all_are_listed(shop: Box) -> None:
    """With their languages and the first line of what is said of them."""
    page = shop.page("/previews")
    assert 'href="/_mail/previews/welcome?locale=de"' in page
    assert 'href="/_mail/previews/mail/no%20sender"' in page
    assert "What a new user gets." in page
    assert "And nobody else." not in page


def test_an_app_without_any_is_told_how(box: Box) -> None:
    """By an example."""
    assert "@mail.preview(" in box.page("/previews")


@pytest.mark.parametrize("view", ["html", "text", "headers", "source", "tree", "delivery", "lint"])
def test_a_preview_is_shown_like_a_mail(shop: Box, view: str) -> None:
    """In the same views, sealed by the same road, and sent to nobody."""
    page = shop.page(f"/previews/welcome?view={view}&locale=de")
    assert "Welcome" in page
    assert 'aria-current="page">de</a>' in page
    assert kept(shop.app) == []
    assert shop.store.count() == 0


def test_its_body_and_files_are_there(shop: Box) -> None:
    """In the language that is shown."""
    body = shop.page("/previews/welcome/body?locale=de")
    assert "<h1>Welcome Ann</h1>" in body
    assert "data:image/png;base64," in body
    page = shop.page("/previews/welcome?view=attachments")
    path = re.search(r'href="/_mail(/previews/welcome/part/[^"]+)"', page)
    assert path
    assert shop.get(path[1].replace("&amp;", "&")).data == b"\x89PNG"
    assert shop.get("/previews/welcome/source.eml").mimetype == "message/rfc822"


def test_nothing_is_new_while_nothing_changes(shop: Box) -> None:
    """Though Date, Message-ID, boundaries and Content-IDs are others each time."""
    seen = digest(shop)
    assert shop.get(f"/previews/welcome/live?after={seen}").status_code == 204
    sources = {shop.get("/previews/welcome/source.eml").data for _ in range(2)}
    assert len(sources) == 2


def test_a_token_that_is_another_each_time_is_no_news(shop: Box, folder: Path) -> None:
    """Else a mail with a link to confirm would never rest; another word is."""
    shop.app.jinja_env.globals["token"] = lambda: f"ImFubkBl{secrets.token_hex(16)}.xyz-Q"
    text = "<a href='/confirm/{{ token() }}'>Confirm</a>"
    (folder / "welcome.html").write_text(text)
    seen = digest(shop)
    assert digest(shop) == seen
    (folder / "welcome.html").write_text(text.replace("Confirm<", "Confirm now<"))
    assert digest(shop) != seen


def test_a_mail_that_changes_with_each_look_is_not_loaded_again(shop: Box, folder: Path) -> None:
    """An edited one is, however often it is edited."""
    seen = digest(shop)
    (folder / "welcome.html").write_text("<p>Once</p>")
    assert shop.get(f"/previews/welcome/live?after={seen}").get_json()["steady"] is True
    shop.app.jinja_env.globals["throw"] = itertools.count().__next__
    (folder / "welcome.html").write_text("<p>{{ throw() }}</p>")
    assert shop.get(f"/previews/welcome/live?after={seen}").get_json()["steady"] is False


def test_an_edited_template_is_news(shop: Box, folder: Path) -> None:
    """And a mistake in it is a page that mends itself."""
    before = digest(shop)
    (folder / "welcome.html").write_text("<h1>Hello {{ name }}</h1>")
    changed = shop.get(f"/previews/welcome/live?after={before}").get_json()["latest"]
    assert changed != before
    (folder / "welcome.html").write_text("<h1>Hello\n\n{{ name|nothing }}</h1>")
    broken = shop.page("/previews/welcome")
    assert "cannot be shown" in broken
    assert "No filter named" in broken
    assert "welcome.html:3" in broken
    assert shop.get(f"/previews/welcome/live?after={changed}").status_code == 200
    (folder / "welcome.html").write_text("<h1>Hello {{ name }}</h1>")
    assert digest(shop) == changed


def test_an_undefined_name_is_told_with_its_line(shop: Box, folder: Path) -> None:
    """As mail tells it, and where it stands."""
    (folder / "welcome.html").write_text("<p>\n{{ nobody }}")
    page = shop.page("/previews/welcome")
    assert "MessageError" in page
    assert "nobody" in page
    assert "welcome.html:2" in page


def test_failed_checks_are_readable(shop: Box) -> None:
    """Each fault is a line."""
    page = shop.page("/previews/mail/no%20sender")
    assert "there are no recipients" in page
    assert "Send it" not in page


def test_a_preview_that_leaves_the_program_does_not(shop: Box) -> None:
    """The page says so, and the app goes on."""
    shop.mail.preview("leaving")(sys.exit)
    assert "SystemExit" in shop.page("/previews/leaving")


def test_a_preview_can_be_sent(shop: Box) -> None:
    """By the road of all mail, and is then one of those in the mailbox."""
    answer = shop.post("/previews/welcome/send")
    assert answer.headers["Location"] == "/_mail/1?said=sent"
    assert len(kept(shop.app)) == 1
    assert shop.store.newest()[0].status == "relayed"
    asked = shop.get("/previews/welcome/send")
    assert asked.headers["Location"] == "/_mail/previews/welcome?locale=en"


@pytest.mark.parametrize("path", ["", "/body", "/live", "/source.eml", "/part/0/x", "/send"])
def test_an_unknown_preview_is_not_found(shop: Box, path: str) -> None:
    """Whatever is asked of it."""
    assert shop.get(f"/previews/nobody{path}").status_code == 404
