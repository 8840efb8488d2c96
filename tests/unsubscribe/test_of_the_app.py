"""What an app does to its own pages neither hides nor breaks the way out of its lists."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, g

from flask_mailwright import Mail
from tests.apps import ANN
from tests.unsubscribe.lists import clicked, has_left, make_list, opened


def _both(app: Flask, mail: Mail) -> list[int]:
    url = mail.unsubscribe_url(ANN, "news")
    return [opened(app, url).status_code, clicked(app, url).status_code]


def test_languages_in_the_path(tmp_path: Path) -> None:
    """As Flask's own pattern takes them from it: the app need not know that there is our page."""
    app, mail = make_list(tmp_path)

    @app.url_value_preprocessor
    def pull(endpoint: str | None, values: dict[str, Any] | None) -> None:
        assert values is not None
        g.language = values.pop("language", "en")

    assert _both(app, mail) == [200, 200]
    assert has_left(app)


def test_a_route_whose_first_part_may_be_anything(tmp_path: Path) -> None:
    """Nothing that belongs to it is asked, were it before all of before_request."""
    app, mail = make_list(tmp_path)
    site = Blueprint("site", __name__, url_prefix="/<language>")
    site.add_url_rule("/<slug>", "page", lambda slug: slug, methods=["GET", "POST"])

    @site.url_value_preprocessor
    def pull(endpoint: str | None, values: dict[str, Any] | None) -> None:
        assert values is not None
        g.language = values.pop("language")
        if g.language not in ("en", "de"):
            abort(404)

    app.register_blueprint(site)
    assert _both(app, mail) == [200, 200]
    assert has_left(app)
    assert app.test_client().get("/en/home").text == "home"


def test_context_processors_that_need_before_request(tmp_path: Path) -> None:
    """Our page has no use for them."""
    app, mail = make_list(tmp_path)
    app.context_processor(lambda: {"user": g.user})
    assert _both(app, mail) == [200, 200]


@pytest.mark.parametrize("page", ["{{ user.name }}", "{% broken"])
def test_a_page_of_the_apps_own_that_breaks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, page: str
) -> None:
    """It is logged, and ours is shown: who has left must not read of an error."""
    app, mail = make_list(tmp_path, {"mailwright/unsubscribe.html": page})
    with caplog.at_level(logging.ERROR):
        answer = clicked(app, mail.unsubscribe_url(ANN, "news"))
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "mailwright/unsubscribe.html" in caplog.text
