"""The rules about the parts and fields of a mail."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from flask_mailwright import Message
from flask_mailwright.lint import lint
from tests.apps import make_mail
from tests.lint.letters import HTML, TEXT, eml, found, page, rules

NEWS = "Reactor maintenance starts on Friday; bring goggles, gloves and an old jacket. " * 4
ONE_CLICK = {
    "List_Unsubscribe": "<https://x.example/u>",
    "List_Unsubscribe_Post": "List-Unsubscribe=One-Click",
}


@pytest.mark.parametrize(("kilobytes", "told"), [(80, []), (95, ["warn html-size"]),
                                                 (110, ["error html-size"])])  # fmt: skip
def test_gmail_clips_long_html(kilobytes: int, told: list[str]) -> None:
    """From 90 KB on it is told, from 102 KB on it is an error."""
    assert rules(found(f"<!-- {'x' * kilobytes * 1024} -->")) == told


@pytest.mark.parametrize(("text", "told"), [
    ("Please read this mail in a program that shows HTML.", ["warn text-differs"]),
    ("", ["warn text-nearly-empty"]),
    ("Dear customer, your invoice for the month of June is attached; please pay it soon. "
     "With kind regards, your friends of the accounting department", ["warn text-differs"]),
    (NEWS, []),
    (NEWS[:80] + "\nhttps://x.example/a/long/address/with/words\n-- \nUnsubscribe: mail us", []),
    ("REACTOR MAINTENANCE\n===================\nIt starts on Friday. Bring goggles, gloves and an"
     " old jacket!\n\n* Details: https://x.example/", []),
])  # fmt: skip
def test_both_parts_say_the_same(text: str, told: list[str]) -> None:
    """Words are compared, not their order, their footers or the links between them."""
    html = page("<a href='https://x.example/'>Details</a><p>You get this because you asked</p>",
                text=NEWS)  # fmt: skip
    assert rules(lint(eml(html, text))) == told


@pytest.mark.parametrize(("text", "told"), [
    ("Welcome to our new shop!", ["warn text-differs"]),
    ("Your code: 123456", []),
    ("123456", []),
])  # fmt: skip
def test_short_parts_say_the_same(text: str, told: list[str]) -> None:
    """They have a word in common at least."""
    assert rules(lint(eml("<p>Your secret code is <b>123456</b>.</p>", text))) == told


def test_the_text_part_is_no_html() -> None:
    """Tags and character references are read as they stand there, unless the HTML shows them."""
    for text in (f"<p>{TEXT}</p>", f"{TEXT}\nIt&#39;s for Ann", f"{TEXT} Ann&nbsp;B. &amp; C."):
        assert rules(lint(eml(text=text))) == ["warn text-is-html"]
        assert rules(lint(eml(None, text=text))) == ["warn text-is-html"]
    html = page("<code>&amp;lt;p&gt; It&amp;#39;s</code>")
    assert lint(eml(html, f"{TEXT}\n&lt;p> It&#39;s")) == []
    assert (
        lint(eml(text=f"{TEXT}\nR&D; a<b>c; <https://x.example/?a=1&amp=2> <ann@x.example>")) == []
    )


def test_scripts_without_spaces_are_compared() -> None:
    """Pairs of letters stand for words."""
    html = page("", text="ご注文の商品を本日発送いたしました。到着までしばらくお待ちください。")
    assert lint(eml(html, "ご注文の商品を本日発送しました。しばらくお待ちください。")) == []
    other = "会議の資料を添付しますので、明日までに確認をお願いできますか。"
    assert rules(lint(eml(html, other))) == ["warn text-differs"]


def test_a_subject() -> None:
    """There is one, and lists can show it."""
    assert rules(lint(eml(Subject=""))) == ["warn subject"]
    assert rules(lint(eml(Subject="long " * 21))) == ["note subject"]
    assert lint(eml(Subject="long " * 18)) == []


@pytest.mark.parametrize(("fields", "told"), [
    ({"List_Id": "<news.x.example>"}, 1),
    ({"Precedence": "bulk"}, 1),
    ({"Precedence": "bulk", "Auto_Submitted": "auto-replied"}, 0),
    ({}, 0),
    (ONE_CLICK | {"List_Id": "<news.x.example>"}, 0),
    ({"List_Unsubscribe": "<https://x.example/u>"}, 1),
    ({"List_Unsubscribe": "<mailto:u@x.example>"}, 1),
    (ONE_CLICK | {"List_Unsubscribe": "https://x.example/u"}, 1),
    (ONE_CLICK | {"List_Unsubscribe": "<https://x.example/u> (the list)"}, 0),
    ({"List_Unsubscribe": "<mailto:u@x.example>, <https://x.example/u>",
      "List_Unsubscribe_Post": "List-Unsubscribe=One-Click"}, 0),
])  # fmt: skip
def test_a_list_can_be_left(fields: dict[str, str], told: int) -> None:
    """With one click (RFC 8058), by everybody who is on it."""
    assert rules(lint(eml(**fields))) == ["warn list-unsubscribe"] * told


def test_a_list_is_not_left_by_http() -> None:
    """That is a link like others, too."""
    fields = {"List_Unsubscribe": "<http://x.example/u>"}
    assert rules(lint(eml(**fields))) == ["warn insecure-link", "warn list-unsubscribe"]


@pytest.mark.parametrize(("body", "told"), [
    ("<p>The address reads cid:logo, says RFC 2392</p><code>&lt;img src='cid:logo'&gt;</code>", 0),
    ("<!-- <img src='cid:logo' alt=''> -->", 0),
    ("<style>.cid:hover { color: #333 }</style>", 0),
    ("<img src='&#99;id:logo' alt=''>", 1),
    ("<!--[if mso]><v:rect><v:fill type='tile' src='cid:logo'/></v:rect><![endif]-->", 1),
    ("<style>.x { background: #fff url('cid:logo') }</style>", 1),
])  # fmt: skip
def test_only_what_is_shown_can_be_missing(body: str, told: int) -> None:
    """What is written about an image, or was taken out with a comment, is no image."""
    wrong = [each for each in rules(found(body)) if each != "warn style-lost"]
    assert wrong == ["error broken-cid"] * told


def _with_image(html: str, cid: str, disposition: str = "inline") -> bytes:
    message = EmailMessage()
    message["Subject"] = "Your order"
    message.set_content(TEXT)
    message.add_alternative(html, subtype="html")
    message.get_payload()[1].add_related(  # type: ignore[union-attr, index]
        b"PNG", "image", "png", cid=f"<{cid}>", disposition=disposition
    )
    return message.as_bytes()


def test_inline_images_are_there_and_shown() -> None:
    """By the same name, whatever its case."""
    shows = page('<img src="cid:Logo%40x" alt="">')
    assert lint(_with_image(shows, "logo@x")) == []
    assert rules(lint(_with_image(shows, "other"))) == [
        "error broken-cid",
        "warn unused-inline-part",
    ]
    assert rules(lint(_with_image(HTML, "logo@x"))) == ["warn unused-inline-part"]
    assert lint(_with_image(HTML, "logo@x", "attachment")) == []
    in_css = page('<table><tr><td style="background: #fff url(cid:logo@x)">x</td></tr></table>')
    assert lint(_with_image(in_css, "logo@x")) == []


@pytest.mark.parametrize(("left", "level"), [
    ("Hello {{ user.name }}", "error"), ("{% if user %}Hello", "error"), ("Hello *|FNAME|*",
    "error"),
    ("Hello %(name)s", "error"), ("Hello ${name}", "error"), ("<Order object at 0x7f11a0>",
    "error"),
    ("Hello None,", "note"), ("Dear undefined!", "note"), ("Total: €None", "note"),
    ("Hello <User 7>", "note"), ("Hello <bound method User.name of <User 7>>", "error"),
    ("Hello <User (transient 139872)>", "error"), ("{# to do #} Hello", "error"),
    ("Hello {{ {'a': 'x'}.a }}", "error"), ("Hello ,", "note"), ("Hallo {name},", "note"),
    ("Dear {user.name}", "note"), ("Hello %s,", "note"), ("Total: None EUR", "note"),
    ("Hello , and more", "note"), ("Bonjour !", ""), ("Route /u/{id}", ""),
    ("I <3 it, 4 > 3", ""), ("Ann <ann@x.example>", ""), ("{# 3 }", ""),
    ("None of it is lost", ""), ("Allergies: None", ""), ("{ a: 1 } { b }", ""), ("100% (sure)",
    ""),
    ("Hi, none the less", ""), ("$5 {approx}", ""), ("[[x]] | *bold* |", ""),
])  # fmt: skip
def test_what_a_template_left(left: str, level: str) -> None:
    """In the subject, in the text, in the HTML."""
    rule = "missing-value" if level == "note" else "template-left"
    told = [f"{level} {rule}"] if level else []
    escaped = left.replace("<", "&lt;")
    assert rules(lint(eml(Subject=left))) == told
    assert rules(lint(eml(text=f"{left}\n{TEXT}"))) == told
    assert rules(found(f"<p>{escaped}</p>")) == told


def test_braces_that_are_meant() -> None:
    """What the HTML shows as code may stand in the text part, too."""
    html = page("<p>Write <code>{{ name }}</code>:</p><pre>{% if x %}</pre>")
    assert lint(eml(html, f"{TEXT}\nWrite {{{{ name }}}}:\n{{% if x %}}")) == []


def test_addresses_that_are_meant() -> None:
    """What the HTML shows as code is nothing to click in the text part either."""
    html = page("<p>Open <code>http://localhost:5000/</code></p>")
    assert lint(eml(html, f"{TEXT}\nOpen http://localhost:5000/")) == []
    assert rules(lint(eml(html, f"{TEXT}\nOpen http://localhost:5000/x"))) == ["error local-link"]


def test_placeholders_over_several_lines() -> None:
    """Whole templates are left, too."""
    assert rules(found("<p>{{\n  name\n}}</p>")) == ["error template-left"]


def test_placeholders_in_fields() -> None:
    """Of the sender, of the reader, of the list."""
    assert rules(lint(eml(From="{{ app }} <a@x.example>"))) == ["error template-left"]
    way = "<https://x.example/u/{{ token }}>"
    fields = ONE_CLICK | {"List_Unsubscribe": way}
    assert rules(lint(eml(**fields))) == ["error template-left"]


def test_placeholders_in_addresses() -> None:
    """They are told once, and not as relative links."""
    assert rules(found('<a href="{{ url }}">Pay</a>')) == ["error template-left"]
    assert rules(found('<a href="https://x.example/u/None/edit">Pay</a>')) == ["note missing-value"]


@pytest.mark.parametrize(("first", "told"), [
    ("<a href='https://x.example/'>View this email in your browser</a>", ["note preheader"]),
    ("<p>Wird die Mail nicht richtig angezeigt? Im Browser ansehen</p>", ["note preheader"]),
    ("<h1>Your order</h1>", ["note preheader"]),
    ("<div style='display:none'>It comes on Monday.&zwnj;&nbsp;</div><h1>Your order</h1>", []),
    ("<h1>It comes on Monday</h1>", []),
    ("<p>Email not displaying correctly? <a href='https://x.example/'>View it</a></p>",
     ["note preheader"]),
    ("<p>Having trouble viewing this email?</p>", ["note preheader"]),
    ("<p>If you cannot read this message, click here</p>", ["note preheader"]),
    ("<p>To view this email as a web page, go here</p>", ["note preheader"]),
    ("<p>Zur Webansicht</p>", ["note preheader"]),
    ("<h1>Your order!</h1>", ["note preheader"]),
    ("<h1>Flasky:  Your <b>order</b></h1>", ["note preheader"]),
    ("<h1>Your order comes on Monday</h1>", []),
    ("<p>We have trouble reading your meter: please send us a picture of it</p>", []),
    ("<p>You can now see your orders online, and not only in the shop</p>", []),
])  # fmt: skip
def test_inbox_lists_show_the_beginning(first: str, told: list[str]) -> None:
    """It says more than the subject, and is not the line for another viewer."""
    html = (
        f"<html lang='en'><head><title>Your order</title></head><body>{first}<p>{TEXT}</p></body>"
    )
    assert rules(lint(eml(html))) == told


def test_a_document_says_its_language() -> None:
    """A fragment need not."""
    assert rules(lint(eml(HTML.replace(' lang="en"', "")))) == ["note missing-lang"]
    assert lint(eml(f"<p>{TEXT}</p>")) == []


@pytest.mark.parametrize(("base", "told"), [("https://x.example", []), ("http://127.0.0.1", [
    "error local-link", "warn list-unsubscribe"])])  # fmt: skip
def test_the_fields_of_message_list(base: str, told: list[str]) -> None:
    """Are in order, but where the link leads to the developer's own machine."""
    _, mail = make_mail(SECRET_KEY="s", MAIL_BASE_URL=base, MAIL_ENGINE="threads")
    message = Message("News", ["ann@x.example"], TEXT)
    message.list = "news"
    assert rules(lint(mail._state().prepare(message).mail.content)) == told
