"""The rules about CSS: what clients understand, what Outlook does, what wins over what."""

from __future__ import annotations

import pytest

from flask_mailwright.lint import css, lint
from flask_mailwright.lint.rules.elements import FOREIGN
from flask_mailwright.lint.rules.traits import TRAITS
from flask_mailwright.lint.support import support, without
from tests.lint.letters import eml, found, page, rules

GHOST = (
    "<!--[if mso]><table width='600'><tr><td><![endif]-->{}"
    "<!--[if mso]></td></tr></table><![endif]-->"
)
COLUMN = "<div style='max-width: 600px; margin: 0 auto'>x</div>"
BUTTON = (
    "<a href='https://x.example/' style='background: #b3262e; padding: 13px; color: #fff'>Go</a>"
)


def styled(style: str) -> list[str]:
    """What is said of a paragraph with that style."""
    return rules(found(f'<p style="{style}">x</p>'))


@pytest.mark.parametrize("style", [
    "display: flex", "display: inline-grid", "position: absolute", "float: left",
    "color: var(--ink)",
    "width: calc(100% - 20px)", "font-size: clamp(12px, 2vw, 20px)", "font-size: 1.5rem",
    "font-size: 5vw", "margin: 10rem",
    "color: oklch(0.7 0.1 200)", "color: light-dark(#000, #fff)", "padding-inline: 12px",
    "margin-block-start: 12px", "color: rgb(0 0 0)",
])  # fmt: skip
def test_css_that_breaks_something(style: str) -> None:
    """It is a warning, and clients are named."""
    findings = found(f'<p style="{style}">x</p>')
    assert rules(findings) == ["warn foreign-css"]
    assert findings[0].clients


@pytest.mark.parametrize("style", [
    "border-radius: 8px", "box-shadow: 0 1px 2px #ccc", "transition: color 1s", "font-size: 16px",
    "color: #333; color: var(--ink)", "width: 90%; width: calc(100% - 20px)", "position: relative",
    "float: none", "font-size: 0rem", "padding: 0 12px; padding-inline: 12px",
    "color: rgb(0, 0, 0)",
    "font: bold 16px/1.5 Georgia, serif", "overflow-wrap: anywhere", "--ink: 1rem",
    "max-width: 100%",
    "background-image: linear-gradient(#fff, #eee); background-color: #fff", "line-height: 1.5",
    "background: #fff url(https://x.example/x.png) no-repeat center / cover",
    "mso-line-height-rule: exactly",
])  # fmt: skip
def test_css_that_does_no_harm(style: str) -> None:
    """Nothing is said of what only adds, or has something plain before it."""
    assert styled(style) == []


def test_css_that_is_taste() -> None:
    """A note."""
    assert styled("color: rgba(0, 0, 0, .5)") == ["note foreign-css"]
    assert styled("margin: 0 -12px") == ["note foreign-css"]
    assert styled("background: url(https://x.example/x.png)") == ["note background-image"]
    assert styled("background: url(https://x.example/x.png); color: #fff") == [
        "warn background-image"
    ]


def test_what_was_asked_of_the_data_is_in_it() -> None:
    """Every feature is lacked by somebody, with the date and the licence beside it."""
    features = [trait.feature for trait in TRAITS]
    features += [each.feature.format(tag=tag) for tag, each in FOREIGN.items() if each.feature]
    assert all(without(feature, "na") for feature in features)
    assert support().date >= "2025-09-09"
    assert len(support().families) == 8


def test_line_ends_are_kept_by_some_clients_only() -> None:
    """Where there are any; in <pre> they are kept by all."""
    assert rules(found("<p style='white-space: pre-line'>a\nb</p>")) == ["warn foreign-css"]
    assert found("<p style='white-space: pre-line'>a b</p>") == []
    assert found("<pre style='white-space: pre-wrap'>a\nb</pre>") == []


def test_outlook_is_given_a_table() -> None:
    """Around a column with max-width, or at once within it."""
    assert rules(found(COLUMN)) == ["warn outlook-width"]
    assert found(GHOST.format(COLUMN)) == []
    assert found(COLUMN.replace(">x<", f">{GHOST.format('x')}<")) == []
    assert found(f"<table width='600'><tr><td>{COLUMN}</td></tr></table>") == []
    assert found(COLUMN.replace("600px", "60px")) == []


def test_outlook_pads_cells_only() -> None:
    """A box of another kind is tight, unless a cell has its colour."""
    assert rules(found(BUTTON)) == ["warn outlook-padding"]
    assert (
        found(f"<table><tr><td bgcolor='#b3262e' style='padding: 13px'>{BUTTON}</td></tr></table>")
        == []
    )
    assert found(BUTTON.replace("padding: 13px", "padding: 13px; mso-padding-alt: 0")) == []
    assert found("<p style='padding: 13px'>x</p>") == []
    assert found("<p style='padding: 13px; border: 0 solid #ccc'>x</p>") == []
    assert rules(found("<p style='padding: 13px; border: 1px solid #ccc'>x</p>")) == [
        "warn outlook-padding"
    ]


def test_outlook_may_draw_the_background() -> None:
    """With VML."""
    cell = "<table><tr><td style='background: url(https://x.example/x.png)'>{}x</td></tr></table>"
    assert rules(found(cell.format(""))) == ["note background-image"]
    vml = "<!--[if mso]><v:rect><v:fill type='tile' src='https://x.example/x.png'/></v:rect><![endif]-->"
    assert found(cell.format(vml)) == []


@pytest.mark.parametrize(("rule", "style", "told"), [
    (".x { color: #fff }", "color: #000", 1),
    (".x { color: #fff !important }", "color: #000", 0),
    (".x { color: #fff !important }", "color: #000 !important", 1),
    (".x { background-color: #111 }", "background: #fff", 1),
    (".x { color: #fff }", "background: #fff", 0),
    (".x { color: #FFF }", "color: #fff", 0),
    (".y { color: #fff }", "color: #000", 0),
    ("body .x { color: #fff }", "color: #000", 1),
    (".y .x { color: #fff }", "color: #000", 0),
    ("p { color: #fff }", "color: #000", 0),
    (".x:hover { color: #fff }", "color: #000", 0),
    ("#i { color: #fff }", "color: #000", 1),
    ("[data-ogsc] .x { color: #fff }", "color: #000", 0),
    (".x { background: #111 }", "background-color: #fff", 1),
    (".x { padding: 0 }", "padding-left: 9px; padding-right: 9px", 1),
    (".x { padding: 0 }", "padding-left: 0; padding-right: 9px", 1),
    (".x { padding: 0 }", "padding-left: 0", 0),
    (".x { border: 0 }", "border-radius: 4px", 0),
    (".x { background: #111 !important }", "background-color: #fff", 0),
    (".x { color: #fff !important }", "color: #000 !important; color: #111", 1),
])  # fmt: skip
def test_a_style_attribute_wins(rule: str, style: str, told: int) -> None:
    """Over every rule in @media that is for the element by class or id, but for !important."""
    head = f"<style>@media (prefers-color-scheme: dark) {{ {rule} }}</style>"
    body = f'<p id="i" class="z x" style="{style}">x</p>'
    assert rules(found(body, head)) == ["warn important"] * told
    assert found(body, head.replace("(prefers-color-scheme: dark)", "screen")) == []


@pytest.mark.parametrize(("css", "told"), [
    ("p { color: #333 } a:hover { color: red } .x { border-radius: 4px }", []),
    ("@media (max-width: 600px) { .x { display: flex !important } }", []),
    ("@font-face { font-family: X; src: url(https://x.example/x.woff) }", []),
    ("@import url(https://fonts.example/css);", []),
    ("@import 'https://x.example/x.css';", ["warn style-lost"]),
    (".x { display: flex }", ["warn foreign-css"]),
    (".x { & p { color: red } }", ["warn foreign-css"]),
    ("tr:nth-child(odd) { background: #eee }", ["note foreign-css"]),
    ("/* x */" * 3000, ["warn style-lost"]),
    ("@media screen { @font-face { font-family: X } }", []),
    ("@font-face { font-family: X; src: url(/x.woff) } v { behavior: url(#default#VML) }", []),
    (".x { background: #fff url(http://localhost/x.png) }", ["error local-link"]),
    ("@media print { .x { background: #fff url(/x.png) } }", ["error relative-link"]),
    (".x { color: #333 } @media screen { @font-face { font-family: X } }", ["warn style-lost"]),
])  # fmt: skip
def test_style_elements(css: str, told: list[str]) -> None:
    """What every client reads, and what adds without harm."""
    assert rules(found("", f"<style>{css}</style>")) == told


def test_a_style_element_in_the_body() -> None:
    """Gmail does not read it."""
    assert rules(found("<style>p { color: #333 }</style>")) == ["warn style-lost"]
    assert lint(eml(f"<style>p {{ color: #333 }}</style>{page('')}")) == []


def test_a_stylesheet_elsewhere() -> None:
    """It is not fetched; a font that is not there has another in its place."""
    link = '<link rel="stylesheet" href="https://{}/x.css">'
    assert rules(found("", link.format("x.example"))) == ["warn style-lost"]
    assert found("", link.format("fonts.example")) == []


def test_declarations_are_read_as_browsers_do() -> None:
    """Strings, parentheses and comments hold what they hold."""
    text = "a: 'x;y' ; /* b: 1; */ c: url(data:x;y) ! IMPORTANT;; d; :e; F: (((1; 2)"
    assert [tuple(each) for each in css.declarations(text)] == [
        ("a", "'x;y'", False), ("c", "url(data:x;y)", True), ("f", "(((1; 2)", False)
    ]  # fmt: skip


def test_rules_are_read_as_browsers_do() -> None:
    """In whatever they stand."""
    text = (
        "p{a:1} @media x { p > a { b: '}' } @supports y { q { c: 1 } } } } r { s: 1; & t { u: 1 } "
    )
    read = list(css.rules(text))
    assert [(each.selectors, each.at, each.nested, text[each.start]) for each in read] == [
        ("p", "", False, "p"), ("p > a", "@media x", False, "p"), ("q", "@media x", False, "q"),
        ("@supports y", "@media x", False, "@"), ("@media x", "", False, "@"),
        ("& t", "", True, "&"),
    ]  # fmt: skip
