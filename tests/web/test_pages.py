"""The pages of the mailbox: what they show of a mail, and that all of it stays text."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from flask_mailwright.envelope import Envelope, Receipt, Recipient, Reply, SealedMail
from tests.apps import ANN, BOB
from tests.web.mailbox import Box, mail_of, sealed

VIEWS = ["html", "text", "headers", "source", "tree", "attachments", "delivery", "lint"]
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}</pre></iframe>"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src"
    " 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Outline(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Noted."""
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


def hostile() -> SealedMail:
    """A mail in which everything is an attempt."""
    content = mail_of(
        {
            "From": EVIL,
            "To": EVIL,
            "Cc": EVIL,
            "Subject": EVIL,
            "X-Evil": EVIL,
            "Content-ID": EVIL,
            "Content-Transfer-Encoding": EVIL,
            "Content-Disposition": f"attachment; filename*=utf-8''{EVIL.replace(' ', '%20')}",
        },
        EVIL,
        f'text/{EVIL.replace(";", "")}; charset="{EVIL}"',
    )
    recipients = (Recipient(EVIL, (EVIL,), (EVIL,)), Recipient(BOB, (), ()))
    envelope = Envelope(EVIL, recipients, smtputf8=True, mail_options=(EVIL,))
    return SealedMail(
        EVIL, "<1@x>", EVIL, envelope, content, route=EVIL, tags=(EVIL,), metadata={EVIL: EVIL}
    )


@pytest.mark.parametrize("view", [*VIEWS, EVIL])
def test_everything_in_a_mail_stays_text(box: Box, view: str) -> None:
    """No tag, no attribute and no template comes of it, on the list and in any view."""
    mail = hostile()
    box.store.keep(mail, 1.0, EVIL)
    box.store.answer(mail, Receipt("<1@x>", (Reply(EVIL, "failed", 550, EVIL, EVIL),)), 1.0)
    answer = box.get("/1", query_string={"view": view, "q": EVIL, "width": EVIL, "scheme": EVIL})
    assert answer.status_code == 200
    outline = Outline(answer.text)
    assert [tag["src"] for tag in outline.all("script")] == ["/_mail/static/mailbox.js"]
    assert not [tag for tag, attrs in outline.tags if {"onerror", "style"} & attrs.keys()]
    assert "49" not in re.sub(r"\d\d:\d\d:\d\d|[0-9a-f]{8,}", "", answer.text)
    assert EVIL in unescape(answer.text)


def test_text_with_links_stays_text(box: Box) -> None:
    """A link is one where the text has one, and nowhere does it end a tag."""
    box.keep(mail_of({}, 'see https://x.example/a?b=1&c="><script>alert(1)</script>. <b>'))
    page = box.page("/1?view=text")
    links = [tag for tag in Outline(page).all("a") if tag.get("target")]
    assert [(tag["href"], tag["rel"]) for tag in links] == [
        ("https://x.example/a?b=1&c=", "noopener noreferrer")
    ]
    assert "&lt;script&gt;" in page


PAGES = [
    "/",
    "/1",
    "/previews",
    "/delete-all",
    "/1/resend",
    "/nothing",
    "/static/mailbox.css",
    "/live",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_headers(box: Box, path: str) -> None:
    """Nothing but our own script and style runs, nobody frames us, nothing is stored."""
    box.keep(mail_of({}))
    headers = box.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("view", VIEWS)
def test_no_page_needs_what_its_policy_forbids(box: Box, view: str) -> None:
    """No inline style or script in it, and the body is in a sandbox that runs nothing."""
    box.send(html="<p>Hi</p>")
    outline = Outline(box.page(f"/1?view={view}"))
    assert not outline.all("style")
    assert not [attrs for _, attrs in outline.tags if "style" in attrs]
    for frame in outline.all("iframe"):
        assert frame["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
        assert frame["title"]


def test_the_list_shows_what_a_mail_is(box: Box) -> None:
    """From, to, subject, time, status, attachments and route."""
    content = mail_of({"From": "Änn <a@x>", "To": BOB, "Subject": "Grüße"}, "x")
    box.capture.sent(sealed(content)._replace(route="bulk"))
    page = box.page("/")
    for shown in ("Änn", BOB, "Grüße", "bulk", "waiting", "<time datetime="):
        assert shown in page
    box.send("Second", html="<p>x")
    assert box.page("/").index("Second") < box.page("/").index("Grüße")


def test_an_empty_list_says_how_to_begin(box: Box) -> None:
    """In two ways."""
    page = box.page("/")
    assert "mail.send(Message(" in page
    assert "flask mail send-test" in page


def test_search_keeps_what_is_found(box: Box) -> None:
    """And says so when that is nothing."""
    box.keep(mail_of({"Subject": "Grüße"}), 1)
    box.keep(mail_of({"Subject": "Invoice"}), 2)
    page = box.get("/", query_string={"q": "GRÜSSE"}).text
    assert "Grüße" in page
    assert "Invoice" not in page
    assert "Nothing is found" in box.page("/?q=nowhere")


def test_older_mails_are_on_another_page(box: Box) -> None:
    """A hundred at once; the older ones are not asked about every second."""
    for number in range(102):
        box.keep(mail_of({"Subject": f"Mail {number}"}), number)
    first = box.page("/")
    older = re.search(r'href="/_mail(/\?before=\d+)"', first)
    assert older
    assert first.count("<li id=") == 100
    second = box.page(older[1])
    assert 'href="/_mail/2?before=3"' in second
    assert second.count("<li id=") == 2
    assert "data-live" not in second


def test_live_tells_only_news(box: Box) -> None:
    """Nothing while nothing has changed, then the rows as the page has them."""
    box.keep(mail_of({"Subject": "First"}), 1)
    stamp = re.search(r'data-latest="([^"]+)"', box.page("/"))
    assert stamp
    assert box.get(f"/live?after={stamp[1]}").status_code == 204
    box.keep(mail_of({"Subject": "Second"}), 2)
    news = box.get(f"/live?after={stamp[1]}").get_json()
    assert news["count"] == 2
    assert [news["rows"].count(subject) for subject in ("First", "Second")] == [1, 1]
    assert box.get(f"/live?after={news['latest']}").status_code == 204


def test_delivery_tells_who_got_what(box: Box) -> None:
    """The server's words for each recipient, the envelope, and where it was sent."""
    mail = sealed(mail_of({}), to=(ANN, BOB))._replace(tags=("vip",), metadata={"order": 2041})
    staged = mail.envelope.recipients[1]._replace(instead=("qa@example.org",))
    left = staged._replace(instead=None, suppressed="on the suppression list of 'news'")
    envelope = mail.envelope._replace(recipients=(mail.envelope.recipients[0], staged, left))
    mail = mail._replace(envelope=envelope, list="news")
    with box.app.test_request_context("/"):
        box.capture.sent(mail)
    box.store.keep(mail, 1.0, "shop.checkout")
    box.capture.answered(mail, Receipt("", (Reply(ANN, "relayed", 250, "2.0.0", "queued as 4F"),)))
    page = box.page("/1?view=delivery")
    for shown in ("queued as 4F", "250", "2.0.0", "redirected to qa@example.org", "vip", "2041"):
        assert shown in page
    assert "gets no mail: on the suppression list of &#39;news&#39;" in page
    assert "shop.checkout" in page


def test_the_endpoint_is_noted(box: Box) -> None:
    """Of the request in which the mail was sent."""
    box.app.add_url_rule("/order", "shop.order", lambda: str(box.send("From a view")))
    assert box.client.get("/order").text == "1"
    assert "shop.order" in box.page("/1")


def test_structure_shows_the_tree(box: Box) -> None:
    """Types, sizes, encodings and Content-IDs."""
    message_html = '<img src="cid:logo@x">'
    content = (
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        + message_html.encode()
        + b"\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n"
    )
    box.keep(content)
    page = box.page("/1?view=tree")
    for shown in ("multipart/related", "text/html", "image/png", "base64", "logo@x", "5 bytes"):
        assert shown in page
    assert "data:image/png;base64,aGVsbG8=" in box.page("/1/body")


def test_a_mail_that_nobody_can_read_is_shown(box: Box) -> None:
    """As far as it goes."""
    for number, content in enumerate(
        [b"", b"\x00\xff", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x"]
    ):
        kept = box.keep(content, number)
        for view in VIEWS:
            assert box.get(f"/{kept}?view={view}").status_code == 200


def test_lint_says_what_to_mend(box: Box) -> None:
    """Where, and how; or that there is nothing."""
    box.keep(mail_of({"From": "a@x", "Subject": "Hi"}, '<img src="https://x/y.png">', "text/html"))
    page = box.page("/1?view=lint")
    assert "missing-alt" in page
    assert "&lt;img src=" in page
    number = box.send("Hello")
    assert "Nothing to mend" in box.page(f"/{number}?view=lint")


def test_a_long_mail_is_cut_on_its_page(box: Box) -> None:
    """A browser bears only so much; the file has all of it."""
    content = mail_of({}, "0123456789\r\n" * 200_000)
    box.keep(content)
    for view in ("source", "text"):
        assert len(box.page(f"/1?view={view}")) < 1_100_000
    assert "shows the beginning" in box.page("/1?view=source")
    assert box.get("/1/source.eml").data == content


def test_what_cannot_be_seen_is_written_out(box: Box) -> None:
    """A name that reads backwards does not deceive."""
    box.keep(mail_of({"Subject": "gpj\u202eexe"}))
    page = box.page("/1")
    assert "\u202e" not in page
    assert "U+202E" in page


def test_a_mail_of_another_version_is_told_about(box: Box) -> None:
    """Everything but its envelope is shown, and it is not sent again."""
    box.send("Hi")
    statement = "UPDATE mail SET record = '{\"version\": 99}'"
    box.store._file.write(lambda connection: connection.execute(statement))
    assert "Another version" in box.page("/1?view=delivery")
    assert "Resend" not in box.page("/1")
    assert box.post("/1/resend").status_code == 404


def test_a_file_that_cannot_be_used_is_told_about(box: Box) -> None:
    """On a page that says what to do."""
    box.capture.path.parent.parent.mkdir(exist_ok=True)
    box.capture.path.parent.write_text("in the way")
    answer = box.get("/")
    assert answer.status_code == 500
    assert "mailbox file" in answer.text
    assert "delete it" in answer.text


def test_what_was_chosen_goes_along(box: Box) -> None:
    """To the next mail; but what is fetched for one is not fetched for another."""
    first, second = box.send("One", html="<p>x"), box.send("Two", html="<p>x")
    page = box.page(f"/{second}?width=phone&scheme=dark&images=remote")
    assert f'href="/_mail/{first}?width=phone&amp;scheme=dark"' in page
    assert 'class="phone dark"' in page
    assert "images=remote&amp;scheme=dark" in page
