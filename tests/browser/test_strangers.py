"""Other sites, in the browser of somebody who has the mailbox open."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from .chromium import REBOUND, Window
from .hostile import BY_NAME
from .mailbox import make_mailbox
from .outside import Outside
from .payload import EVIL
from .served import Served, served

MAIL = BY_NAME["load-pixel"].sealed()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Served]:
    """With one mail in it."""
    with served(lambda _url: make_mailbox(str(tmp_path), [MAIL])) as site:
        yield site


def _kept(window: Window, mailbox: Served) -> int:
    """How many mails there are, as its own page says."""
    window.page.goto(f"{mailbox.url}/_mail/")
    return int(window.page.locator("#count").inner_text())


def test_a_name_that_was_pointed_here_shows_nothing(window: Window, mailbox: Served) -> None:
    """DNS rebinding: for the browser, the attacker's page and ours are of one origin."""
    for path in ("/_mail/", "/_mail/1", "/_mail/1/body", "/_mail/1/source.eml", "/_mail/live"):
        answer = window.page.goto(f"http://{REBOUND}:{mailbox.port}{path}")
        assert answer is not None
        assert answer.status == 403
        assert "load-pixel" not in window.page.content()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]
)
def test_a_foreign_host_is_refused(mailbox: Served, host: str) -> None:
    """Said by any program."""
    connection = HTTPConnection("127.0.0.1", mailbox.port)
    connection.request("GET", "/_mail/1", headers={"Host": host})
    answer = connection.getresponse()
    assert answer.status == 403
    assert b"load-pixel" not in answer.read()
    connection.close()


@pytest.mark.parametrize("path", ["/_mail/1/delete", "/_mail/delete-all", "/_mail/1/resend"])
def test_another_site_cannot_write(
    window: Window, mailbox: Served, outside: Outside, path: str
) -> None:
    """Neither with a form that sends itself, nor with a script, whatever it fills in."""
    url = f"{mailbox.url}{path}"
    outside.pages["/form"] = f"""<form method=post action="{url}"><input name=token value=guess>
        </form><script>document.forms[0].submit()</script>"""
    outside.pages["/script"] = f"""<script>
        const send = (mode, body) => fetch("{url}", {{method: "POST", mode, body,
            credentials: "include"}}).catch(() => 0);
        Promise.all([send("no-cors", new URLSearchParams("token=guess")), send("cors", "token=x"),
            new Promise(done => done(navigator.sendBeacon("{url}", "token=guess")))
        ]).then(() => document.title = "done");</script>"""
    window.page.goto(f"{EVIL}/form")
    window.page.wait_for_url(url)
    assert "not sent from a page of the mailbox" in window.page.content()
    window.page.goto(f"{EVIL}/script")
    window.page.wait_for_function("document.title === 'done'")
    assert _kept(window, mailbox) == 1


def test_another_site_cannot_read(window: Window, mailbox: Served, outside: Outside) -> None:
    """Not by script, and not by looking through a frame, an image or a style sheet."""
    outside.pages["/read"] = f"""<iframe src="{mailbox.url}/_mail/1"></iframe>
        <iframe src="{mailbox.url}/_mail/1/body"></iframe>
        <link rel=stylesheet href="{mailbox.url}/_mail/static/mailbox.css">
        <script>fetch("{mailbox.url}/_mail/1").then(it => it.text()).then(
            text => document.title = text, () => document.title = "refused")</script>"""
    window.page.goto(f"{EVIL}/read")
    window.page.wait_for_function("document.title === 'refused'")
    window.page.wait_for_load_state()
    shown = [frame.content() for frame in window.page.frames[1:]]
    assert not any("load-pixel" in content or "Mailbox" in content for content in shown)


def test_a_window_that_another_site_opened_is_out_of_its_reach(
    window: Window, mailbox: Served, outside: Outside
) -> None:
    """It cannot even learn how many frames there are in it (Cross-Origin-Opener-Policy)."""
    outside.pages["/open"] = (
        f"""<button onclick="mine = window.open('{mailbox.url}/_mail/1')">x</button>"""
    )
    window.page.goto(f"{EVIL}/open")
    with window.page.context.expect_page() as opened:
        window.page.click("button")
    ours = opened.value
    ours.wait_for_url(f"{mailbox.url}/_mail/1")
    assert window.page.evaluate("mine.closed || mine.length === 0")
    assert ours.evaluate("opener === null")


def test_without_debug_there_is_no_mailbox(window: Window, mailbox: Served) -> None:
    """It looks as if it had never been there."""
    mailbox.app.debug = False
    for path in ("/_mail/", "/_mail/1", "/_mail/previews", "/_mail/static/mailbox.css"):
        answer = window.page.goto(mailbox.url + path)
        assert answer is not None
        assert answer.status == 404
        assert "mailbox" not in answer.text().lower()
