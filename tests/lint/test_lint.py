"""The check of a mail's looks as a whole: what comes out of it, and that nothing breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright import Message
from flask_mailwright.address import Address
from flask_mailwright.lint import LEVELS, Finding, lint, reaches
from flask_mailwright.lint.reading import MOST
from flask_mailwright.sealing import Origin
from tests.effort import examples, takes_linear_time
from tests.lint.letters import HTML, TEXT, eml, found, page, rules

ORIGIN = Origin("app", Address("Flasky", "flasky@example.com"))
MEGABYTE = 1_000_000
PIECES = (
    "<p>", "</p>", "<a href='#x'>", "<a href=http://localhost/>", "<img src=cid:x>", "<img>",
    "<!--",
    "-->", "<!--[if mso]>", "<![endif]-->", "<!--[if !mso]><!-->", "<!--<![endif]-->", "<!",
    "<", ">",
    "<style>", "</style>", "@media (x) {", ".a {", "}", "color: red !important;", "var(--x)",
    "url(",
    '<p class="a" style="', "max-width: 600px;", '"', "'", "<table>", "<td>", "</table>", "<svg>",
    "<title>", "&amp;", "&#", "&#99999999999", "{{ x }}", "${x}", "None", "Hi None,", "\n", " ",
    "\0",
    "://", "//", "[::1", "é", "日本語", "\u200c", "(", ")", ";", ":", "/*", "*/", "=", "x",
)  # fmt: skip
HOSTILE = (
    "<b>", "<table><tr><td>", "<!--", "<!---->", "<!", "<", "</", "<a b='", '<a href="x">',
    "{{", "${a",
    '<a href="#q">', "<img src=http://x>", "<!--[if mso]><table><![endif]-->", "<svg>", "&",
    "&#1", "\n",
    '<p style="white-space:pre">a\nb', '<div style="max-width:600px">',
    '<p style="background:url(x)">',
    '<p style="a:var(--x);b:calc(1)">', "http://a ", "<style>a{", "<title>", "Hi None ",
)  # fmt: skip
HOSTILE_CSS = (
    "1", "1.", "a:1rem;", "rgb(", "rgb(1 ", "a-", "a", "gradient(", "url(", "(", "((a", "var(",
    "var( ", " ", "a:var(--x);", "color:red;", "!important", "!important;", "!", "min(", "/*",
    "/**/", "@import ", ",", "@media (x){.a{color:blue}}", "@media (x){.a .b{color:blue}", ".a,",
    ".a ", ".a{", "{", "}", "::before", "a{b:1}", ":has(", "@media(x){.a{", "background:url(x) ",
    "-", "margin:-9px;",
)  # fmt: skip


def test_a_mail_in_order() -> None:
    """Nothing is said of it."""
    assert lint(eml()) == []
    assert lint(eml(html=None)) == []


def test_a_sealed_mail_is_what_was_sealed() -> None:
    """Line numbers are those of the decoded part."""
    message = Message("Your order", ["ann@example.com"], TEXT, page("<img src='cid:x' alt=''>"))
    [finding] = lint(message.seal(ORIGIN))
    assert (finding.rule, finding.where) == ("broken-cid", "html, line 2: <img src='cid:x' alt=''>")


def test_the_worst_comes_first() -> None:
    """Errors, warnings, notes."""
    findings = found("<img src='https://x.example/x.png'><a href='/'>x</a>", "<title></title>")
    assert rules(findings) == ["error relative-link", "warn missing-alt"]
    assert reaches(findings[0], "warn")
    assert not reaches(findings[1], "error")


def test_the_same_thing_is_one_finding() -> None:
    """It tells further lines."""
    [finding] = found("<img src='https://x.example/x.png'>\n" * 9)
    assert finding.where == (
        "html, line 2: <img src='https://x.example/x.png'>"
        " (also line 3, line 4, line 5, line 6, line 7, 3 more)"
    )


def test_the_same_thing_in_both_parts() -> None:
    """It tells the other part's line with its name."""
    link = "http://x.example/"
    [finding] = lint(eml(page(f'<a href="{link}">See</a>'), f"{TEXT}\n{link}", X=link))
    assert finding.where == 'html, line 2: <a href="http://x.example/"> (also text, line 2)'


def test_a_finding_is_a_sentence() -> None:
    """What, where, in which clients, and how to mend it."""
    assert str(Finding("x", "warn", "it is red", "html, line 1", ("Gmail",), "Make it blue.")) == (
        "warn: it is red (x)\n  html, line 1\n  In Gmail.\n  Make it blue."
    )


def test_every_finding_says_how_to_mend() -> None:
    """And where."""
    body = "".join(PIECES) + "<script></script><form></form><video></video>"
    findings = lint(eml(page(body), text="{{ x }}", Precedence="bulk", Subject=""))
    assert len(findings) > 8
    assert all(each.where and each.mend and each.level in LEVELS for each in findings)


def test_nothing_reaches_a_terminal_raw() -> None:
    """An excerpt is one line of what can be printed."""
    [finding] = found("<img src='https://x.example/\x1b[2J\u202e'>")
    assert finding.where == r"html, line 2: <img src='https://x.example/\x1b[2J\u202e'>"


@examples(200)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_html_is_looked_at(html: str) -> None:
    """Nothing is raised."""
    lint(b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode())


@given(st.binary())
def test_any_octets_are_looked_at(content: bytes) -> None:
    """Nothing is raised."""
    lint(content)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_of_it_is_looked_at_in_linear_time(piece: str) -> None:
    """Each piece, over and over, as HTML and as text."""

    def look(octets: bytes) -> None:
        for kind in (b"html", b"plain"):
            lint(b"Content-Type: text/%s; charset=utf-8\r\n\r\n" % kind + octets)

    assert takes_linear_time(look, (piece * (MEGABYTE // len(piece))).encode())


def test_much_code_beside_many_lines_is_looked_at_in_linear_time() -> None:
    """Each is not compared with each."""

    def look(times: range) -> None:
        lint(eml("<code>" + "{{ aaaaab }}" * len(times), "{{ aaaaaa }}\n" * len(times)))

    assert takes_linear_time(look, range(14_000))


@pytest.mark.parametrize(("selectors", "around"), [
    (".z .c," * 50, "<p class='b'>"), ("b " * 900 + ".c", "<b>"), (".a .b " * 300 + ".c", "<b>"),
])  # fmt: skip
def test_many_selectors_are_looked_at_in_linear_time(selectors: str, around: str) -> None:
    """Whatever they are for, and however deep that is."""
    rule = f"{selectors} {{ color: red; a: b }}"
    body = around * 199 + "<i class='c' style='color: blue'>" * 50

    def look(times: range) -> None:
        head = f"<style>@media (x) {{{rule * len(times)}}}</style><a class='a'>"
        lint(f"Content-Type: text/html; charset=utf-8\r\n\r\n{head}{body}".encode())

    assert takes_linear_time(look, range(100_000 // len(rule)))


@pytest.mark.parametrize("piece", HOSTILE_CSS)
def test_much_of_it_in_css_is_looked_at_in_linear_time(piece: str) -> None:
    """In a style element and in an attribute."""

    def look(much: str) -> None:
        styles = f'<style>@media (x) {{.a {{{much}</style><p class="a" style="background:{much}">x'
        lint(f"Content-Type: text/html; charset=utf-8\r\n\r\n{styles}".encode())

    assert takes_linear_time(look, piece * (MOST // 2 // len(piece)))


def test_html_alone_is_an_error() -> None:
    """And so is a mail with nothing to read."""
    assert rules(lint(eml(HTML, None))) == ["error no-text-part"]
    assert rules(lint(b"Subject: Hi\r\n\r\n")) == ["error no-text-part"]
    assert lint(b"Subject: Hi\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR") == []
