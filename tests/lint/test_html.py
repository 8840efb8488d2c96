"""The rules about elements: links, images, and what mail clients take away."""

from __future__ import annotations

import pytest

from flask_mailwright.lint import lint
from tests.lint.letters import eml, found, page, rules

IMAGE = '<img src="https://x.example/{}" alt="x" width="20">'


@pytest.mark.parametrize(("url", "told"), [
    ("https://x.example/", []), ("mailto:ann@x.example", []), ("tel:+4312345", []),
    ("tel:112", []), ("#here", []),
    ("app://open", []), ("http://x.example/", ["warn insecure-link"]), ("#gone",
    ["warn dead-link"]),
    ("", ["warn dead-link"]), ("#", ["warn dead-link"]), ("javascript:x()", ["error dead-link"]),
    ("/pay", ["error relative-link"]), ("pay.html", ["error relative-link"]),
    ("//x.example/", ["error relative-link"]), ("http://localhost:5000/", ["error local-link"]),
    ("http://127.0.0.1/", ["error local-link"]), ("https://[::1]/", ["error local-link"]),
    ("http://box.local/", ["error local-link"]), ("https://localhost.example/", []),
    ("https://[half", []), ("https:///pay", ["error dead-link"]), ("https://", ["error dead-link"]),
    ("mailto:", ["warn dead-link"]), ("tel:", ["warn dead-link"]),
    ("localhost:5000/pay", ["error relative-link"]),
    ("www.x.example:5000/pay", ["error relative-link"]), ("web+app:x", []),
])  # fmt: skip
def test_links_can_be_opened(url: str, told: list[str]) -> None:
    """By everybody, and safely."""
    assert rules(found(f'<p id="here"><a href="{url}">Pay</a></p>')) == told


def test_the_way_out_is_said() -> None:
    """A link of the developer's own machine has a cause."""
    [finding] = found('<a href="http://localhost:5000/">Pay</a>')
    assert "MAIL_BASE_URL" in finding.mend


def test_links_in_the_text_part() -> None:
    """They are opened as well."""
    html, text = page(""), "Your order is on its way: http://localhost:5000/orders/7."
    assert rules(lint(eml(html, text))) == ["error local-link"]
    assert lint(eml(html, text))[0].where.startswith("text, line 1: ")


@pytest.mark.parametrize(("content", "told"), [
    ("Pay", 0), ("<img src='https://x.example/x.png' alt='Pay'>", 0), ("<b>Pay</b>", 0), ("", 1),
    ("&nbsp;&zwnj;", 1), ("<img src='https://x.example/x.png' alt=''>", 1), ("<span></span>", 1),
    ("&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;", 1), ("&lrm;", 1),
    ("<span style='display: none'>Pay</span>", 1),
])  # fmt: skip
def test_links_have_a_text(content: str, told: int) -> None:
    """Or an image with one."""
    assert (
        rules(found(f"<a href='https://x.example/'>{content}</a>"))
        == ["warn empty-link-text"] * told
    )


def test_links_that_need_no_text() -> None:
    """An anchor, one with a label, one that is hidden."""
    assert found('<a name="x"></a>') == []
    assert found('<a href="https://x.example/" aria-label="Pay"></a>') == []
    assert found('<div style="display:none"><a href="https://x.example/"></a></div>') == []


def test_images_have_an_address() -> None:
    """Every one that they name can be opened."""
    assert rules(found('<img alt="x">')) == ["error dead-link"]
    assert rules(found('<img alt="x" src="">')) == ["error dead-link"]
    two = '<img alt="x" srcset="https://x.example/1, {} 2x, https://x.example/3">'
    assert found(two.format("https://x.example/2,0.png")) == []
    assert rules(found(two.format("/static/2.png"))) == ["error relative-link"]


def test_images_have_a_text() -> None:
    """It may be empty."""
    assert rules(found('<img src="https://x.example/x.png">')) == ["warn missing-alt"]
    assert found('<img src="https://x.example/x.png" alt>') == []


@pytest.mark.parametrize(("name", "clients"), [
    ("x.png", []), ("x.jpg?format=webp", []), ("x.webp", ["Outlook on Windows"]), ("x.SVG",
    ["Gmail"]),
    ("x.avif?v=1", ["Outlook on Windows"]),
])  # fmt: skip
def test_images_are_shown(name: str, clients: list[str]) -> None:
    """Their format is known everywhere, or the clients are named that do not know it."""
    findings = found(IMAGE.format(name))
    assert [client for each in findings for client in each.clients] == clients


def test_images_in_the_html_itself() -> None:
    """Gmail and Outlook do not show them."""
    [finding] = found('<img src="data:image/png;base64,AAAA" alt="x">')
    assert (finding.rule, finding.clients) == ("data-image", ("Gmail", "Outlook on Windows"))


def test_images_have_a_width_that_outlook_reads() -> None:
    """If they have one at all."""
    image = '<img src="https://x.example/x.png" alt="x" {}>'
    assert rules(found(image.format('style="width: 120px"'))) == ["warn image-width"]
    assert found(image.format('style="width: 120px" width="120"')) == []
    assert found(image.format('style="max-width: 100%"')) == []


@pytest.mark.parametrize(("body", "told"), [
    ("<script>x()</script>", ["error foreign-html"]),
    ('<script type="application/ld+json">{"@type": "Order"}</script>', []),
    ("<iframe src='https://x.example/'></iframe>", ["error foreign-html"]),
    ("<form action='https://x.example/'><input name='x'><button>Go</button></form>",
     ["warn foreign-html"]),
    ("<!--[if !mso]><!--><input type='checkbox' style='display: none'><!--<![endif]-->", []),
    ("<video src='https://x.example/x.mp4'></video>", ["warn foreign-html"]),
    ("<video src='https://x.example/x.mp4'><a href='https://x.example/'>See</a></video>", []),
    ("<svg><path d='M0 0'/></svg>", ["warn foreign-html"]),
    ("<progress value='1'></progress>", ["warn foreign-html"]),
    ("<p hidden>secret</p>", ["warn foreign-html"]),
    ("<p hidden style='display: none'>secret</p>", []),
    ("<p onclick='x()'>x</p>", ["warn foreign-html"]),
    ("<section style='color: #333'>x</section>", ["warn foreign-html"]),
    ("<section>x</section>", []),
    ("<table role='presentation'><tr><td align='center' bgcolor='#ffffff'>x</td></tr></table>", []),
])  # fmt: skip
def test_elements_that_clients_take_away(body: str, told: list[str]) -> None:
    """Unless something is in their place."""
    assert rules(found(body)) == told


def test_a_mail_does_not_refresh() -> None:
    """It is no page."""
    assert rules(found("", '<meta http-equiv="refresh" content="0; url=https://x.example/">')) == [
        "warn foreign-html"
    ]


def test_what_only_outlook_is_given() -> None:
    """It is judged by nobody else's measure, and what others are given not by Outlook's."""
    assert found("<!--[if mso]><img src='https://x.example/x.webp'><![endif]-->") == []
    assert found(f"<!--[if !mso]><!-->{IMAGE.format('x.webp')}<!--<![endif]-->") == []
    hidden = '<div style="mso-hide: all"><p style="display: flex">x</p></div>'
    assert found(hidden) == []
    assert rules(found("<!--[if !mso]><!--><svg></svg><!--<![endif]--><svg></svg>")) == [
        "warn foreign-html", "warn foreign-html"
    ]  # fmt: skip
