"""Mail programs have no cookie, no session and no token of the app's: nothing of it stops them."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, abort, redirect, request
from flask_login import LoginManager, current_user  # type: ignore[import-untyped]
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]

from flask_mailwright import Mail
from tests.apps import ANN
from tests.unsubscribe.lists import SECRET, clicked, has_left, make_list, opened


def test_the_apps_csrf_guard(tmp_path: Path) -> None:
    """Flask-WTF guards all else as before, whichever of the two met the app first."""
    for number, first in enumerate(("guard", "mail")):
        app = Flask("flasky")
        app.config.update(
            SECRET_KEY=SECRET,
            MAIL_URL="memory:",
            MAIL_BASE_URL="https://shop.example.com",
            MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/outbox{number}.sqlite",
        )
        app.add_url_rule("/buy", "buy", lambda: "bought", methods=["POST"])
        mail = Mail()
        for extension in sorted((CSRFProtect(), mail), reverse=first == "mail", key=_is_mail):
            extension.init_app(app)
        assert clicked(app, mail.unsubscribe_url(ANN, "news")).status_code == 200
        assert has_left(app)
        assert app.test_client().post("/buy").status_code == 400


def _is_mail(extension: object) -> bool:
    return isinstance(extension, Mail)


def test_the_apps_login_wall(tmp_path: Path) -> None:
    """Flask-Login's, for the whole app."""
    app, mail = make_list(tmp_path)
    logins = LoginManager(app)
    logins.user_loader(lambda _id: None)
    app.add_url_rule("/sign-in", "sign_in", lambda: "sign in")
    app.before_request(lambda: None if current_user.is_authenticated else redirect("/sign-in"))
    assert opened(app, mail.unsubscribe_url(ANN, "news")).status_code == 200
    assert clicked(app, mail.unsubscribe_url(ANN, "news")).status_code == 200
    assert has_left(app)
    assert app.test_client().get("/").status_code == 302


def test_a_catch_all_route_and_other_hosts(tmp_path: Path) -> None:
    """The app's map of URLs is not asked; nor does it have a rule more."""
    app, mail = make_list(tmp_path, SERVER_NAME="api.example.com")
    rules = {str(rule) for rule in app.url_map.iter_rules()}
    app.add_url_rule("/<path:rest>", "rest", lambda rest: abort(418), methods=["GET", "POST"])
    assert clicked(app, mail.unsubscribe_url(ANN, "news")).status_code == 200
    assert not any("unsubscribe" in rule for rule in rules)


def test_below_a_prefix(tmp_path: Path) -> None:
    """Where the app is mounted below one, the link is too."""
    app, mail = make_list(tmp_path, MAIL_BASE_URL="https://shop.example.com/shop")
    path = mail.unsubscribe_url(ANN, "news").removeprefix("https://shop.example.com/shop")
    client = app.test_client()
    answer = client.get(path, base_url="https://shop.example.com/shop")
    assert "Unsubscribe from" in answer.text
    assert client.get("/_unsubscribed").status_code == 404


def test_other_requests_are_the_apps(tmp_path: Path) -> None:
    """All of them."""
    app, _ = make_list(tmp_path)
    app.add_url_rule("/unsubscribe/<who>", "own", lambda who: request.path)
    assert app.test_client().get("/unsubscribe/ann").text == "/unsubscribe/ann"
