import logging
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.compose import css
from flask_mailwright.compose.css import inlined
from flask_mailwright.compose.nesting import nests_deeper
from tests.effort import takes_linear_time

RED = "<style>p { color: red }</style>"


def nothing(href: str) -> str | None:
    """An application without style sheets."""
    return None


def unasked(href: str) -> str | None:
    """For HTML that links none."""
    raise AssertionError(href)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<p CLASS=a>Hi &amp; <b>bye",
        "<link rel=icon href=x><p>",
        '<link rel="stylesheet" href="https://fonts.example.com/css"><p>&copy;',
        "<!--[if mso]><style>p{color:red}</style><![endif]--><p>x",
    ],
)
def test_html_without_styles_is_not_touched(html: str) -> None:
    """Not one character, and nothing is fetched."""
    assert inlined(html, nothing) == html


def test_rules_go_to_their_elements() -> None:
    """In a document and in a fragment, which stays one; own attributes win."""
    html = f"{RED}<p>a</p><p style='color: blue'>b</p>"
    assert inlined(html, unasked) == '<p style="color: red;">a</p><p style="color: blue">b</p>'
    whole = inlined(f"<!DOCTYPE html><html><head>{RED}</head><body><p>a", unasked)
    assert whole.startswith("<!DOCTYPE html><html><head></head><body><p style=")


def test_rules_that_only_a_style_element_can_hold_stay_there() -> None:
    """States, fonts, and `@media` with its `!important`."""
    rules = (
        "a:hover{color:red}@media (max-width:9px){p{color:red !important}}@font-face{src:url(x)}"
    )
    found = inlined(f"<style>{rules} p{{margin:0}}</style><p>x<a href=u>y</a></p>", unasked)
    kept, _, rest = found.partition("</style>")
    assert all(word in kept for word in ("a:hover", "max-width:9px", "!important", "@font-face"))
    assert "margin" not in kept
    assert rest == '<p style="margin: 0;">x<a href="u">y</a></p>'


@pytest.mark.parametrize("media", ["print", "(max-width:600px)", "screen and (max-width: 600px)"])
def test_styles_for_other_media_stay_as_they_are(media: str) -> None:
    """They would print what the screen shows, or the other way round."""
    style = f'<style media="{media}">p{{display:none}} /* as it is */</style>'
    assert inlined(f"{style}{RED}<p>x</p>", unasked) == f'{style}<p style="color: red;">x</p>'


@pytest.mark.parametrize("media", ["screen", "all", "ALL", "only screen", "screen, print", ""])
def test_styles_for_the_screen_are_inlined(media: str) -> None:
    """`all` is a screen, too."""
    found = inlined(f'<style media="{media}">p{{color:red}}</style><p>x</p>', unasked)
    assert found == '<p style="color: red;">x</p>'


def test_own_style_sheets_are_inlined() -> None:
    """By their `href` as it reads; an end tag in them ends nothing."""
    sheets = {
        "/a.css?v=1&x": "p::after{content:'</style>'} p{color:red}",
        "/p.css": "p{color:blue}",
    }
    html = '<link href="/a.css?v=1&amp;x" rel="stylesheet">'
    html += "<LINK rel=stylesheet media=print href=/p.css>"
    found = inlined(html + "<link rel=stylesheet href=/other.css><p>x</p>", sheets.get)
    assert '<p style="color: red;">x</p>' in found
    assert '<style media="print">p{color:blue}</style>' in found
    assert '<link rel="stylesheet" href="/other.css">' in found
    assert r"<\/style>" in found


def test_what_outlook_reads_survives() -> None:
    """Its comments word by word; its other conditions in the form that a parser keeps."""
    mso = '<!--[if mso]><v:rect xmlns:v="urn:x"><o:p/><style>p{}</style></v:rect><![endif]-->'
    html = f"<!DOCTYPE html><body>{RED}{mso}<o:p>y</o:p><![if !mso]>z<![endif]>"
    found = inlined(html, unasked)
    assert mso in found
    assert "<o:p>y</o:p><!--[if !mso]><!-->z<!--<![endif]-->" in found


def test_text_reads_the_same_afterwards() -> None:
    """References, spaces, addresses; quotes may differ."""
    html = f"{RED}<p title='a\"b'>a&nbsp;b &lt;é&gt; &amp;amp; <a href='u?a=1&amp;b=2'>日本</a></p>"
    assert inlined(html, unasked) == (
        '<p title="a&quot;b" style="color: red;">a&nbsp;b &lt;é&gt; &amp;amp;'
        ' <a href="u?a=1&amp;b=2">日本</a></p>'
    )


def test_nothing_is_fetched_or_read() -> None:
    """Not by a link, not by an import, not from the disk."""
    hrefs = ("http://127.0.0.1:9/x.css", "/etc/passwd", "file:///etc/passwd")
    links = "".join(f"<link rel=stylesheet href='{href}'>" for href in hrefs)
    found = inlined(
        f"{links}<style>@import url(http://127.0.0.1:9/y.css);p{{color:red}}</style><p>", nothing
    )
    assert "root:" not in found
    assert found.count("<link") == 3


@pytest.mark.parametrize("html", ["<p style='{'>x", "<p style='color'>x", "<p style='@x'>x"])
def test_css_that_cannot_be_read_stays(html: str, caplog: pytest.LogCaptureFixture) -> None:
    """Readers' programs pass over such an attribute; a warning tells."""
    assert inlined(RED + html, unasked) == RED + html
    assert "the CSS of a mail was not inlined, mend it: " in caplog.text


def test_a_lone_surrogate_is_left_to_the_check_of_the_message() -> None:
    """Which knows its place."""
    assert inlined(f"{RED}\ud800", unasked) == f"{RED}\ud800"


def test_deep_html_is_left_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """It would end the process; a warning says so."""
    html = RED + "<div>" * 101
    assert inlined(html, unasked) == html
    assert "nests more than 100 elements" in caplog.text


@pytest.mark.parametrize(
    "part", ["<div>", "<table><tr><td>", "<ul><li>", "<b>", "<p><font size={}></p>", "<b><div></b>"]
)
def test_html_at_the_limit_does_not_end_the_process(part: str) -> None:
    """Even in a thread with a megabyte of stack."""
    html = RED + "".join(part.format(number) for number in range(css.DEEPEST - 1))
    assert not nests_deeper(html, css.DEEPEST)
    code = (
        "import sys, threading; from flask_mailwright.compose.css import inlined\n"
        "threading.stack_size(1 << 20)\n"
        "t = threading.Thread(target=lambda: print(len(inlined(sys.argv[1], str))))\n"
        "t.start(); t.join()"
    )
    done = subprocess.run([sys.executable, "-c", code, html], capture_output=True, check=True)
    assert int(done.stdout) > len(html)


def test_elements_that_end_by_themselves_are_not_deep() -> None:
    """Long lists and tables may leave their end tags out."""
    assert not nests_deeper("<table>" + "<tr><td><p>x<br>" * 200 + "<ul>" + "<li>x" * 200, 2)
    assert nests_deeper("<b></i>" * 200, 199)
    assert not nests_deeper("<b></b>" * 200, 1)


HOSTILE: dict[str, Callable[[], str]] = {
    "comments": lambda: RED + "<!--" * 250_000,
    "links": lambda: "<link " * 160_000,
    "styles": lambda: "<style>" * 140_000,
    "conditions": lambda: RED + "<![if " * 160_000,
    "unclosed": lambda: RED + "<a " * 330_000,
    "selectors": lambda: "<style>" + "p," * 500_000 + "p{color:red}</style><p>x",
    "parentheses": lambda: "<style>" + ":not(" * 200_000 + "{color:red}</style><p>x",
    "braces": lambda: "<style>" + "p{" * 500_000,
    "paragraphs": lambda: RED + "<p>x" * 100_000,
    "an attribute": lambda: RED + f"<p title='{'x' * 1_000_000}'>x",
    "tables": lambda: RED + "<table><tr><td>" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html_takes_linear_time(name: str) -> None:
    """And ends as it should."""
    assert takes_linear_time(lambda html: inlined(html, nothing), HOSTILE[name]())


def test_threads_share_one_inliner() -> None:
    """Each gets its own mail back."""
    mails = [f"<style>.a{n} {{ width: {n}px }}</style><p class=a{n}>x</p>" for n in range(50)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda mail: inlined(mail, unasked), mails * 10))
    assert found == [f'<p class="a{n}" style="width: {n}px;">x</p>' for n in range(50)] * 10


@pytest.fixture
def without_css_inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has only the core."""
    monkeypatch.setitem(sys.modules, "css_inline", None)
    css._inliner.cache_clear()
    css._warn_once.cache_clear()


@pytest.mark.usefixtures("without_css_inline")
def test_without_css_inline_one_warning_says_what_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    """Once in the life of the process; the HTML is as it was."""
    html = f"<style>@media print{{p{{a:b}}}}</style>{RED}<p>x"
    assert inlined(html, unasked) == inlined(html, unasked) == html
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("flask_mailwright", logging.WARNING)
    assert "pip install 'flask-mailwright[html]'" in record.getMessage()


@pytest.mark.usefixtures("without_css_inline")
@pytest.mark.parametrize(
    "style",
    ["", "@media (a){p{color:red}}", "/* p{} */ @import url(x);@font-face{src:url(x)}", "}}"],
)
def test_nothing_is_said_when_nothing_is_lost(style: str, caplog: pytest.LogCaptureFixture) -> None:
    """What stays in a `<style>` anyway."""
    assert inlined(f"<style>{style}</style><p>", unasked).startswith("<style>")
    assert not caplog.records


@given(
    st.lists(
        st.sampled_from(
            [
                RED,
                "<p>",
                "</p>",
                "<b>",
                "<table>",
                "<td>",
                "<!--",
                "-->",
                "<link rel=stylesheet href=x>",
                "<style media=print>",
                "</style>",
                "x",
                "<",
                "&",
                "\n",
                "<![endif]>",
                "<html>",
            ]
        )
    ).map("".join)
)
def test_whatever_comes_a_mail_comes_back(html: str) -> None:
    """And its styles are asked for once."""
    assert isinstance(inlined(html, {"x": "p{color:red}"}.get), str)


def test_the_doctype_stays() -> None:
    """An older one is a promise of how browsers show tables and images."""
    old = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://w3.example/x.dtd">'
    )
    page = "<html><head><style>p { color: red }</style></head><body><p>x</p></body></html>"
    assert inlined(old + page, unasked).startswith(f"{old}<html>")
    assert inlined(page, unasked).startswith("<html>")
