import asyncio

from flask import Flask

from .chromium import REBOUND, Window
from .outside import Outside
from .payload import EVIL, MARK
from .served import served


def _app(_url: str) -> Flask:
    app = Flask("plain")
    app.add_url_rule("/", "here", lambda: "<title>Here</title>")
    app.add_url_rule("/favicon.ico", "icon", lambda: ("", 204))
    return app


def test_a_page_on_loopback_is_seen(window: Window) -> None:
    """And by a name that an attacker has pointed there."""
    with served(_app) as site:
        for host in ("127.0.0.1", REBOUND):
            window.page.goto(f"http://{host}:{site.port}/")
            assert window.page.title() == "Here"
    assert not window.errors()


def test_every_other_site_is_ours(window: Window, outside: Outside) -> None:
    """What a page does there is recorded on both sides, its dialogs too."""
    outside.hits.clear()
    window.page.goto(f"{EVIL}/some/name.html")
    assert [hit.path for hit in outside.hits if "some" in hit.path] == ["/some/name.html"]
    assert [said.text for said in window.dialogs] == [f"{MARK}name"]
    assert f"{MARK}name" in [said.text for said in window.said]
    assert f"{EVIL}/pwned/name" in window.requests


def test_a_window_knows_nothing_of_the_one_before(window: Window) -> None:
    """Neither its title nor its requests."""
    assert window.page.title() == ""
    assert not window.requests


def test_the_loop_of_playwright_is_ours_alone(window: Window) -> None:
    """It runs in this thread while the browser does; the browser ends with this folder."""
    assert asyncio._get_running_loop() is not None
