from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from flask_mailwright import Mail

from .artefacts import keep
from .chromium import Chromium, Window
from .reader import PALE, own_errors, tab_to
from .served import Served, served

READER = "rosalind.franklin@a-rather-long-domain-of-somebody.example"


def _make_app(url: str, folder: Path) -> Flask:
    """With a list, and nothing else."""
    app = Flask("shop", instance_path=str(folder))
    app.config.update(SECRET_KEY="test", MAIL_URL="memory:", MAIL_BASE_URL=url)
    Mail(app)
    return app


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Served]:
    """An application whose readers leave."""
    with served(lambda url: _make_app(url, tmp_path)) as site:
        yield site
        site.app.extensions["mailwright"].close()


def link(shop: Served) -> str:
    """What is in the mail."""
    return str(shop.app.extensions["mailwright"].exits.url(READER, "weekly-offers"))


def test_somebody_leaves(window: Window, shop: Served) -> None:
    """Reads what it is about, presses the button with the keyboard, and is told; all loads."""
    page = window.page
    page.goto(link(shop))
    expect(page.get_by_role("heading")).to_have_text("Unsubscribe from “weekly-offers”?")
    expect(page.get_by_text("r•••@a-rather-long-domain")).to_be_visible()
    keep(page, "40-unsubscribe")
    tab_to(page, "Unsubscribe")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("You are unsubscribed")
    keep(page, "41-unsubscribed")
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("You are unsubscribed")
    assert own_errors(window) == []
    assert {url.removeprefix(shop.url)[:14] for url in window.requests} == {"/_unsubscribe/"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1024])
def test_it_can_be_read(chromium: Chromium, shop: Served, scheme: str, width: int) -> None:
    """By night and on a small telephone too: nothing is pale, nothing sticks out."""
    size = {"width": width, "height": 640}
    with chromium.window(viewport=size, color_scheme=scheme) as window:
        for name, url in {"ask": link(shop), "unknown": f"{shop.url}/_unsubscribe/x"}.items():
            _open(window.page, url)
            keep(window.page, f"42-{name}-{scheme}-{width}")
        window.page.goto(link(shop))
        window.page.get_by_role("button").click()
        assert window.page.evaluate(PALE) == []
        keep(window.page, f"42-done-{scheme}-{width}")


def _open(page: Page, url: str) -> None:
    page.goto(url)
    assert page.evaluate(PALE) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
