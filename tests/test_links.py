"""Links in mail, where MAIL_BASE_URL says what they begin with."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask, g
from werkzeug.routing import BuildError

from flask_mailwright import ConfigError, Mail
from flask_mailwright.links import url_maker
from tests.apps import ANN, make_mail

BASE = "https://shop.example.com/de"


def shop(template: str, **config: Any) -> tuple[Flask, Mail]:
    """An app with some endpoints, whose mail is this."""
    app, mail = make_mail(
        {"m.txt": template, "part.txt": PART}, **{"MAIL_BASE_URL": BASE, **config}
    )
    blog = Blueprint("blog", __name__, url_prefix="/blog")
    blog.add_url_rule("/<int:number>", "post", lambda number: mail_of(mail))
    app.register_blueprint(blog)
    app.add_url_rule("/<lang>/about", "about", lambda lang: "")
    return app, mail


PART = "{% macro link() %}{{ url_for('blog.post', number=2) }}{% endmacro %}"


def mail_of(mail: Mail) -> str:
    """Its text."""
    return mail.compose(ANN, "Hi", "m").body or ""


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ url_for('blog.post', number=1) }}", f"{BASE}/blog/1"),
        ("{{ url_for('blog.post', number=1, _external=False) }}", f"{BASE}/blog/1"),
        ("{{ url_for('blog.post', number=1, q='a b', _anchor='c d') }}",
         f"{BASE}/blog/1?q=a+b#c%20d"),
        ("{{ url_for('blog.post', number=1, _scheme='http') }}",
         "http://shop.example.com/de/blog/1"),
        ("{% from 'part.txt' import link %}{{ link() }}", f"{BASE}/blog/2"),
        ("{{ url_for('static', filename='a.png') }}", f"{BASE}/static/a.png"),
    ],
)  # fmt: skip
def test_links_begin_with_it(template: str, text: str) -> None:
    """Without any request, in macros too; always absolute."""
    assert mail_of(shop(template)[1]) == text


def test_the_host_of_the_request_does_not_count() -> None:
    """Who asks for a password reset must not choose where its link leads."""
    app, _ = shop("{{ url_for('.post', number=7) }}")
    response = app.test_client().get("/blog/1", headers={"Host": "evil.example"})
    assert response.text == f"{BASE}/blog/7"


def test_what_the_app_adds_to_urls_is_there() -> None:
    """Defaults, and its own answer to endpoints that do not exist."""
    app, mail = shop("{{ url_for('about') }} {{ url_for('nowhere') }}")
    app.url_defaults(lambda endpoint, values: values.setdefault("lang", g.get("lang", "en")))
    app.url_build_error_handlers.append(lambda error, endpoint, values: f"no {endpoint}")
    with app.app_context():
        g.lang = "fr"
        assert mail_of(mail) == f"{BASE}/fr/about no nowhere"


def test_an_endpoint_that_does_not_exist_is_an_error() -> None:
    """As Flask's own."""
    app = Flask("shop")
    with app.app_context(), pytest.raises(BuildError):
        url_maker(app, BASE)("nowhere")


@pytest.mark.parametrize(
    "value", ["shop.example.com", "ftp://a", "https://", "https://u@a", "https://a?b", 7]
)
def test_what_is_no_base(value: Any) -> None:
    """Told by key."""
    with pytest.raises(ConfigError, match="MAIL_BASE_URL must"):
        make_mail(MAIL_BASE_URL=value)
