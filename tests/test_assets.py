"""The files that mail may show."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Blueprint, Flask, url_for

from flask_mailwright import Mail, MessageError
from flask_mailwright.assets import Assets
from flask_mailwright.links import url_maker
from tests.apps import ANN, parsed

GIF = b"GIF89a"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An app with a logo and a stylesheet, and a blueprint with its own; a secret beside them."""
    for name, octets in {
        "static/logo.gif": GIF,
        "static/css/mail.css": b"p { color: red }",
        "templates/mail/mail.css": b"p { color: blue }",
        "shop/static/shop.gif": GIF,
        "secret.css": b"secret",
        "secret.gif": b"secret",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(octets)
    app = Flask("shop", root_path=str(tmp_path))
    app.register_blueprint(
        Blueprint("shop", __name__, static_folder=str(tmp_path / "shop" / "static"))
    )
    return app


def assets(app: Flask, base: str) -> Assets:
    """The app's, with such a MAIL_BASE_URL."""
    return Assets(app, url_maker(app, base))


@pytest.mark.parametrize(
    ("href", "css"),
    [
        ("css/mail.css", "red"),
        ("/static/css/mail.css?v=1", "red"),
        ("https://shop.example.com/app/static/css/mail.css", "red"),
        ("mail/mail.css", "blue"),
    ],
)
def test_a_stylesheet_by_name_or_url(app: Flask, href: str, css: str) -> None:
    """As `url_for` writes it, too."""
    assert css in (assets(app, "https://shop.example.com/app").stylesheet(href) or "")


@pytest.mark.parametrize(
    "href",
    [
        "../secret.css",
        "/static/../../secret.css",
        "%2e%2e/secret.css",
        "css/%2e%2e/%2e%2e/secret.css",
        "/etc/passwd",
        "file:///etc/passwd",
        "https://evil.example.com/static/css/mail.css",
        "logo.gif",
        "",
        "nothing.css",
    ],
)
def test_nothing_else_is_read(app: Flask, href: str) -> None:
    """No other folder, no other host, no other kind of file."""
    assert assets(app, "https://shop.example.com").stylesheet(href) is None


@pytest.mark.parametrize("href", ["http://[x/mail.css", "a%00.css", f"{'a' * 5000}.css"])
def test_what_is_no_name_is_no_stylesheet(app: Flask, href: str) -> None:
    """The link stays; nothing is raised."""
    assert assets(app, "").stylesheet(href) is None


def test_a_stylesheet_as_url_for_writes_it(app: Flask, tmp_path: Path) -> None:
    """Of the app and of a blueprint, without MAIL_BASE_URL, in a request and in a command."""
    (tmp_path / "shop/static/mail.css").write_text("p { color: green }")
    app.register_blueprint(
        Blueprint("news", __name__, static_folder=str(tmp_path / "shop/static"), url_prefix="/news")
    )
    found = assets(app, "")
    with app.test_request_context(base_url="http://localhost/root"):
        assert "red" in (found.stylesheet(url_for("static", filename="css/mail.css")) or "")
        link = url_for("news.static", filename="mail.css", _external=True)
        assert link == "http://localhost/root/news/static/mail.css"
        assert "green" in (found.stylesheet(link) or "")
        assert found.stylesheet(link.replace("localhost", "evil.example.com")) is None
    assert "green" in (found.stylesheet("/news/static/mail.css") or "")
    assert found.stylesheet("http://localhost/static/css/mail.css") is None


def test_a_stylesheet_begins_behind_its_mark(app: Flask, tmp_path: Path) -> None:
    """The one that some editors write before UTF-8; another encoding is told."""
    (tmp_path / "static/marked.css").write_bytes(b"\xef\xbb\xbfp { color: green }")
    (tmp_path / "static/other.css").write_bytes(b"/* \xe9 */")
    assert assets(app, "").stylesheet("marked.css") == "p { color: green }"
    with pytest.raises(MessageError, match=r"other\.css is not in UTF-8"):
        assets(app, "").stylesheet("other.css")


def test_inline_image_is_carried_once(app: Flask, tmp_path: Path) -> None:
    """However often it is shown; of the app's and the blueprints' static folders."""
    app.config.update(MAIL_URL="memory:", MAIL_DEFAULT_SENDER=ANN, MAIL_ENGINE="inline")
    mail = Mail(app)
    (tmp_path / "templates/m.html").write_text(
        "<img src=\"{{ inline_image('logo.gif') }}\"><img src=\"{{ inline_image('logo.gif') }}\">"
        "<img src=\"{{ inline_image('shop.gif') }}\">"
    )
    message = mail.compose(ANN, "Hi", "m")
    sealed = message.seal(app.extensions["mailwright"].origin)
    files = [part for part in parsed(sealed).walk() if part.get_content_type() == "image/gif"]
    assert [file.get_filename() for file in files] == ["logo.gif", "shop.gif"]
    assert all(file.get_payload(decode=True) == GIF for file in files)
    assert all(f'"cid:{file["Content-ID"][1:-1]}"' in (message.html or "") for file in files)
    assert [file.get_content_disposition() for file in files] == ["inline", "inline"]
    again = mail.compose(ANN, "Hi", "m")
    assert again.html == message.html


def test_one_file_by_two_names_is_one_part(app: Flask, tmp_path: Path) -> None:
    """Else both would have one Content-ID, which no mail may."""
    app.config.update(MAIL_URL="memory:", MAIL_DEFAULT_SENDER=ANN)
    (tmp_path / "templates/m.html").write_text(
        "{{ inline_image('logo.gif') }} {{ inline_image('./logo.gif') }}"
    )
    message = Mail(app).compose(ANN, "Hi", "m")
    assert len(message.attachments) == 1
    message.seal(app.extensions["mailwright"].origin)


@pytest.mark.parametrize("name", ["nothing.gif", "../secret.gif", "/etc/passwd"])
def test_an_image_that_is_not_there(app: Flask, tmp_path: Path, name: str) -> None:
    """Told by name."""
    app.config.update(MAIL_URL="memory:", MAIL_DEFAULT_SENDER=ANN)
    (tmp_path / "templates/m.html").write_text("{{ inline_image(name) }}")
    with pytest.raises(MessageError, match=f"inline_image: '{name}' is in no static"):
        Mail(app).compose(ANN, "Hi", "m", name=name)


def test_inline_image_needs_a_mail(app: Flask) -> None:
    """A page has no parts."""
    app.config.update(MAIL_URL="memory:")
    Mail(app)
    own = app.extensions["mailwright"].rendering._templates._environment.globals["inline_image"]
    with pytest.raises(MessageError, match="HTML of a mail only"):
        own("logo.gif")
