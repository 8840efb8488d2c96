from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .artefacts import keep
from .chromium import Chromium, Window
from .flasky_app import close, make_flasky, send_file, send_images
from .hostile_mails import ALL_VIEWS
from .outside import Outside
from .payload import EVIL
from .reader import body, faults, images, open_mail, own_errors, tab_to
from .served import Served, served

WIDTHS = {"Phone": 375, "Tablet": 768, "Desktop": 1024}
VIEWS = {
    "Text": "/confirm/",
    "Headers": "Ann <ann@example.com>",
    "Source": "Content-Type: multipart/alternative",
    "Structure": "text/html",
    "Attachments": "This mail has no attachments.",
    "Delivery": "endpoint accounts.register",
    "Lint": "",
}
PDF = b"%PDF-1.7 " + bytes(range(256))


@pytest.fixture
def flasky(tmp_path: Path) -> Iterator[Served]:
    """The example application, without a mail server."""
    with served(lambda url: make_flasky(url, tmp_path)) as site:
        yield site
        close(site.app)


@pytest.fixture
def mailbox(window: Window, flasky: Served) -> Iterator[Page]:
    """The page of its mailbox, which says nothing on the console in the whole of a test."""
    window.page.goto(f"{flasky.url}/_mail/")
    yield window.page
    assert not own_errors(window)


def register(window: Window, flasky: Served, name: str = "Ann") -> None:
    """In another tab."""
    page = window.new_page()
    page.goto(f"{flasky.url}/register")
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(f"{name.lower()}@example.com")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Register").click()
    page.get_by_text("Look into your inbox").wait_for()
    page.close()


def test_a_new_mail_shows_in_the_open_page(window: Window, flasky: Served, mailbox: Page) -> None:
    """Who registers finds the mail in the mailbox at once; nobody reloads."""
    keep(mailbox, "01-empty")
    expect(mailbox.get_by_text("No mail yet").last).to_be_visible()
    mailbox.evaluate("window.same = true")
    register(window, flasky)
    expect(mailbox.locator("a.row")).to_contain_text("Ann, please confirm your address")
    register(window, flasky, "Ben")
    expect(mailbox.locator("a.row").first).to_contain_text("Ben, please confirm")
    expect(mailbox.locator("#news")).to_contain_text("Ben, please confirm")
    assert mailbox.evaluate("window.same")
    keep(mailbox, "02-list")


def test_a_mail_is_found_by_what_it_says(window: Window, flasky: Served, mailbox: Page) -> None:
    """By subject and by recipient; what is not there is told."""
    for name in ("Ann", "Ben"):
        register(window, flasky, name)
    for words, count in {"ben@example.com": 1, "please confirm": 2, "nowhere": 0}.items():
        mailbox.get_by_role("searchbox").fill(words)
        mailbox.get_by_role("searchbox").press("Enter")
        mailbox.get_by_text(f"Found for “{words}”").wait_for()
        expect(mailbox.locator("a.row")).to_have_count(count)
        keep(mailbox, f"03-search-{count}")


def test_a_mail_is_looked_at_as_its_readers_will(
    window: Window, flasky: Served, mailbox: Page
) -> None:
    """On a phone, a tablet and a desk, by day and by night."""
    register(window, flasky)
    mailbox.set_viewport_size({"width": 1440, "height": 900})
    open_mail(mailbox, "please confirm")
    expect(body(mailbox).get_by_text("Welcome, Ann!")).to_be_visible()
    pictures = set()
    for scheme in ("Light", "Dark"):
        mailbox.get_by_role("link", name=scheme, exact=True).click()
        for width, pixels in WIDTHS.items():
            mailbox.get_by_role("link", name=width).click()
            mailbox.wait_for_timeout(200)
            keep(mailbox, f"04-{scheme}-{width}".lower())
            assert body(mailbox).locator(":root").evaluate("innerWidth") == pixels
            pictures.add(mailbox.locator("#body").screenshot())
    assert len(pictures) == 6


def test_a_mail_is_looked_into(window: Window, flasky: Served, mailbox: Page) -> None:
    """Its text, header, source, parts, files and delivery, and the view that has sent it."""
    register(window, flasky)
    open_mail(mailbox, "please confirm")
    for view, words in VIEWS.items():
        mailbox.get_by_role("navigation", name="Views").get_by_role("link", name=view).click()
        mailbox.get_by_role("link", name=view).and_(mailbox.locator("[aria-current]")).wait_for()
        expect(mailbox.locator("main")).to_contain_text(words)
        keep(mailbox, f"06-{view.lower()}")


def test_images_are_shown_as_far_as_one_wants(
    flasky: Served, mailbox: Page, outside: Outside
) -> None:
    """Those that the mail brings along; none; or, when asked for, also those of other sites."""
    outside.forget()
    send_images(flasky.app, f"{EVIL}/track/remote.gif")
    open_mail(mailbox, "Two images")
    for choice, (own, remote) in {
        "Images": (True, False),
        "No images": (False, False),
        "Load remote images": (True, True),
    }.items():
        mailbox.get_by_role("link", name=choice, exact=True).click()
        mailbox.wait_for_timeout(300)
        keep(mailbox, f"05-{choice}".lower().replace(" ", "-"))
        shown = [bool(image.evaluate("it => it.naturalWidth")) for image in images(mailbox)]
        assert shown == [own, remote]
        assert bool(outside.hits) is remote
    assert "Referer" not in outside.hits[0].headers


def test_files_come_down_as_they_were_sent(flasky: Served, mailbox: Page) -> None:
    """An attachment under its name, and the mail itself."""
    send_file(flasky.app, "Rechnung März.pdf", PDF)
    open_mail(mailbox, "Your invoice")
    mailbox.get_by_role("link", name="Attachments").click()
    keep(mailbox, "07-attachments")
    with mailbox.expect_download() as file:
        mailbox.get_by_role("link", name="Rechnung").click()
    assert file.value.suggested_filename == "Rechnung März.pdf"
    assert Path(file.value.path()).read_bytes() == PDF
    mailbox.get_by_role("link", name="Source").click()
    with mailbox.expect_download() as mail:
        mailbox.get_by_role("link", name="Download .eml").click()
    assert mail.value.suggested_filename.endswith(".eml")
    assert b"Subject: Your invoice\r\n" in Path(mail.value.path()).read_bytes()


def test_the_link_in_the_mail_opens_the_account(
    window: Window, flasky: Served, mailbox: Page
) -> None:
    """In a window of its own, with the mail still there."""
    register(window, flasky)
    open_mail(mailbox, "please confirm")
    with mailbox.expect_popup() as popup:
        body(mailbox).get_by_role("link", name="Confirm my address").click()
    popup.value.get_by_text("your address is confirmed").wait_for()
    assert popup.value.evaluate("opener === null")
    assert "/_mail/" in mailbox.url


def test_mail_is_sent_again_and_deleted(window: Window, flasky: Served, mailbox: Page) -> None:
    """One by one, and all."""
    register(window, flasky)
    register(window, flasky, "Ben")
    open_mail(mailbox, "Ben, please confirm")
    mailbox.get_by_role("button", name="Resend").click()
    mailbox.get_by_text("sent again").wait_for()
    expect(mailbox.locator("a.row")).to_have_count(3)
    keep(mailbox, "08-resent")
    mailbox.get_by_role("button", name="Delete", exact=True).click()
    expect(mailbox.locator("a.row")).to_have_count(2)
    mailbox.get_by_role("link", name="Delete all").click()
    keep(mailbox, "09-delete-all")
    mailbox.get_by_role("button", name="Delete all").click()
    expect(mailbox.locator("a.row")).to_have_count(0)
    expect(mailbox.get_by_text("No mail yet").last).to_be_visible()


def test_the_keyboard_alone_is_enough(window: Window, flasky: Served, mailbox: Page) -> None:
    """List, open, another view, resend, delete: by Tab and Enter, and one always sees where."""
    register(window, flasky)
    expect(mailbox.locator("a.row")).to_have_count(1)
    tab_to(mailbox, "please confirm")
    keep(mailbox, "10-focus")
    mailbox.keyboard.press("Enter")
    mailbox.locator("h1", has_text="please confirm").wait_for()
    tab_to(mailbox, "Headers")
    mailbox.keyboard.press("Enter")
    mailbox.get_by_text("As written").wait_for()
    tab_to(mailbox, "Resend")
    mailbox.keyboard.press("Enter")
    mailbox.get_by_text("sent again").wait_for()
    tab_to(mailbox, "Delete", exact=True)
    mailbox.keyboard.press("Enter")
    expect(mailbox.locator("a.row")).to_have_count(1)


def test_there_are_keys_for_those_who_like_them(
    window: Window, flasky: Served, mailbox: Page
) -> None:
    """J and k go through the list, / searches, ? tells all of them, Escape ends it."""
    for name in ("Ann", "Ben"):
        register(window, flasky, name)
    expect(mailbox.locator("a.row")).to_have_count(2)
    for key, name in (("j", "Ben"), ("j", "Ann"), ("k", "Ben")):
        mailbox.keyboard.press(key)
        expect(mailbox.locator("a.row:focus")).to_contain_text(f"{name}, please")
    mailbox.keyboard.press("?")
    expect(mailbox.get_by_role("dialog")).to_be_visible()
    keep(mailbox, "11-keys")
    mailbox.keyboard.press("Escape")
    expect(mailbox.get_by_role("dialog")).not_to_be_visible()
    mailbox.keyboard.press("/")
    mailbox.keyboard.type("Ann,")
    mailbox.keyboard.press("Enter")
    expect(mailbox.locator("a.row")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_everybody_can_use_every_page(
    chromium: Chromium, flasky: Served, scheme: str, width: int
) -> None:
    """Each control has a name, each page its landmarks and one heading, each text its contrast."""
    send_file(flasky.app, "a.pdf", PDF)
    paths = ["/", "/1", "/previews", "/delete-all", "/999"]
    paths += [f"/1?view={view}" for view in ALL_VIEWS]
    size = {"width": width, "height": 800}
    with chromium.window(color_scheme=scheme, viewport=size) as window:
        found = {}
        for path in paths:
            window.page.goto(f"{flasky.url}/_mail{path}")
            window.page.wait_for_timeout(50)
            keep(
                window.page,
                f"12-{scheme}-{width}-{path.strip('/?').replace('?view=', '-') or 'list'}",
            )
            found[path] = list(faults(window.page))
            if window.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found[path].append("wider than the window")
    assert {path: told for path, told in found.items() if told} == {}
