"""A mail's HTML in the frame: what is rewritten, and under which policy it is shown."""

import base64

import pytest

from flask_mailwright.compose.mime import ParsedPart
from flask_mailwright.web.body import MOST, Look, body
from tests.effort import takes_linear_time
from tests.web.mailbox import Box, mail_of

POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src"
    " 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
PNG = b"\x89PNG\r\n"
DATA = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
HTML = {"From": "a@x", "Subject": "Hi"}


def image(cid: str = "logo@x", data: bytes = PNG, kind: str = "image/png") -> ParsedPart:
    """An inline image."""
    return ParsedPart(kind, {}, "inline", "logo.png", cid, data)


def test_the_policy_is_the_one_that_was_measured(box: Box) -> None:
    """To the letter, for every body; and nothing says where the reader comes from."""
    box.keep(mail_of(HTML, "<script>x</script>", "text/html"))
    headers = box.get("/1/body").headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-DNS-Prefetch-Control"] == "off"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("images", "source"),
    [("remote", "http: https: data:"), ("none", "'none'"), ("on", "data:"), ("https:", "data:")],
)
def test_images_are_as_the_reader_wants_them(box: Box, images: str, source: str) -> None:
    """Only that one directive changes."""
    box.keep(mail_of(HTML, "<p>x", "text/html"))
    policy = box.get(f"/1/body?images={images}").headers["Content-Security-Policy"]
    assert policy == POLICY.replace("img-src data:", f"img-src {source}")


@pytest.mark.parametrize(
    "html",
    [
        '<img src="cid:logo@x">',
        "<img src=cid:logo@x>",
        "<img src='CID:logo%40x'>",
        '<img srcset="cid:logo@x 2x, cid:logo@x 1x">',
        '<td background="cid:logo@x">',
        "<p style=\"background:url('cid:logo@x')\">",
        '<p style="background:url(&quot;cid:logo@x&quot;)">',
        "<style>p{background:url(cid:logo@x)}</style>",
    ],
)
def test_the_mails_own_images_are_put_in(html: str) -> None:
    """Wherever HTML and CSS name one."""
    shown = body(html, [image()], Look())
    assert DATA in shown
    assert "cid:" not in shown.lower()


def test_images_of_others_are_not() -> None:
    """What is named but not there stays as it is, and what is no image is none."""
    parts = [image(), image("page@x", b"<script>", "text/html")]
    html = '<img src="cid:other@x"><img src="cid:page@x"> <a href="https://x/?q=cid:logo@x">'
    assert body(html, parts, Look()).endswith(html)
    assert DATA not in body('<img src="cid:logo@x">', [image()], Look(images="none"))


def test_a_body_does_not_grow_without_end() -> None:
    """One image named a thousand times is put in as long as there is room."""
    shown = body('<img src="cid:logo@x">' * 1_000, [image(data=b"x" * 2**20)], Look())
    assert len(shown) < MOST * 1.1
    assert shown.count("cid:") > 900


def test_links_open_a_window() -> None:
    """By a base that comes first, behind the doctype that decides how the page is laid out."""
    assert body("<p>x", [], Look()) == '<base target="_blank"><p>x'
    html = "\n<!-- mso --><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0'><html><base target=_top>"
    assert body(html, [], Look()).replace('<base target="_blank">', "") == html
    assert body(html, [], Look()).index("_blank") < html.index("<html") + 20


@pytest.mark.parametrize("rest", [" rel=preconnect href=//x>", "\nsrc='a'>", "/x>", "\f>"])
@pytest.mark.parametrize("tag", ["link", "LINK", "iframe", "frame", "object", "Embed"])
def test_nothing_is_connected_to_ahead(tag: str, rest: str) -> None:
    """A content policy comes too late for frames and not at all for hints: they are comments."""
    assert f"<!{tag}{rest}" in body(f"<p>x<{tag}{rest}", [], Look())
    assert f"<{tag}age>" in body(f"<{tag}age>", [], Look())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_scheme_is_true(scheme: str) -> None:
    """In style elements and media attributes, and never in the text."""
    html = (
        "<p>(prefers-color-scheme: dark)</p><style>@media (prefers-color-scheme:dark){a{}}</style>"
        '<source media="( PREFERS-color-scheme : light )"><p>(prefers-color-scheme: light)</p>'
        "<style>@media (prefers-color-scheme: dark) and (min-width: 3px){"
    )
    shown = body(html, [], Look(scheme=scheme))
    assert shown.count("prefers-color-scheme: ") == 2
    dark, light = ("min", "max") if scheme == "dark" else ("max", "min")
    assert f"@media ({dark}-width: 0px){{a" in shown
    assert f'media="({light}-width: 0px)"' in shown
    assert f"@media ({dark}-width: 0px) and (min-width: 3px){{" in shown


@pytest.mark.parametrize(
    "piece", ["<style ", "<!--", "<!doctype", "cid:", 'media="', "<link ", "url("]
)
def test_a_hostile_mail_is_shown_soon(piece: str) -> None:
    """Linear, whatever is repeated."""
    html = piece * (2_000_000 // len(piece))
    assert takes_linear_time(lambda part: body(part, [image()], Look()), html)


def test_a_mail_without_html_has_an_empty_body(box: Box) -> None:
    """And its page says so."""
    box.keep(mail_of(HTML))
    assert box.get("/1/body").text == '<base target="_blank">'
    assert "no HTML part" in box.page("/1?view=html")
    assert 'aria-label="The mail as text"' in box.page("/1")
