"""The page and the parts that mail is made of: `mailwright/layout.html` and `macros.html`."""

import re
from html.parser import HTMLParser

import css_inline
import pytest
from jinja2 import DictLoader, Environment

from flask_mailwright.compose.render import Templates

MACROS = "button, card, code, footer, preheader, table"
EVERYTHING = (
    '{{ preheader("Look") }}{{ button("https://a.example/", "Go", fallback="Or copy:") }}'
    '{% call card() %}<p>In a card</p>{% endcall %}{{ code("12 34") }}{{ code("a\\nb") }}'
    '{{ table([["Tea", "2"]], head=["What", "How many"], align=["start", "right"], total=["", "2"])'
    ' }}{{ footer("Why", address="Where", unsubscribe="https://a.example/stop") }}'
)


def page(content: str, head: str = "", **context: object) -> str:
    """The layout with that content, as `compose` renders it."""
    template = (
        '{% extends "mailwright/layout.html" %}'
        f'{{% from "mailwright/macros.html" import {MACROS} %}}{head}'
        f"{{% block content %}}{content}{{% endblock %}}"
    )
    html = Templates(Environment(loader=DictLoader({"m.html": template}))).render("m", context).html
    assert html is not None
    return html


def part(source: str, **context: object) -> str:
    """What a macro gives, on one line."""
    templates = {"m.html": f'{{% from "mailwright/macros.html" import {MACROS} %}}{source}'}
    html = Templates(Environment(loader=DictLoader(templates))).render("m", context).html or ""
    return " ".join(html.split())


class Tags(HTMLParser):
    """The start tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


class TestLayout:
    def test_it_needs_nothing_but_content(self) -> None:
        """No variable has to be set, though an undefined one may not be shown."""
        html = page("<p>Hello</p>")
        assert '<html lang="en" dir="ltr"' in html
        assert "<p>Hello</p>" in html
        assert len(html.encode()) < 6_000

    def test_it_says_the_language_the_direction_and_the_subject(self) -> None:
        """Twice, for Gmail keeps nothing of `html` and `body`; a subject is escaped."""
        html = page("", mail_locale="he_IL", mail_dir="rtl", mail_subject="<A & B>")
        assert html.count('lang="he-IL" dir="rtl"') == 2
        assert "<title>&lt;A &amp; B&gt;</title>" in html

    def test_its_colours_are_the_apps(self) -> None:
        """From the template, from one that it extends, or from the app's Jinja globals."""
        head = '{% set mail_accent = "#123456" %}{% set mail_desk = "#abcdef" %}'
        html = page("", head)
        assert 'bgcolor="#123456"' in html
        assert html.count("#abcdef") == 3

    @pytest.mark.parametrize("block", ["title", "head", "preheader", "header", "edge", "footer"])
    def test_each_block_can_be_filled(self, block: str) -> None:
        """And what was in it is gone."""
        assert ">mine<" in page("", f"{{% block {block} %}}<i>mine</i>{{% endblock %}}")

    def test_inlining_css_changes_no_style_of_it(self) -> None:
        """What is in the head stays there: it is for screens, phones and the dark."""
        html = page(EVERYTHING)
        inliner = css_inline.CSSInliner(keep_style_tags=True, remove_inlined_selectors=True)
        inlined = inliner.inline(html)
        assert styles(inlined) == styles(html)
        assert inlined.count("@media") == html.count("@media") == 4

    def test_its_style_elements_hold_nothing_to_inline(self) -> None:
        """So that nobody is told to install css-inline for the layout alone."""
        for css in re.findall(r"(?s)<style data-css-inline=.ignore.>(.*?)</style>", page("")):
            outside = re.sub(r"@media [^{]*{(?:[^{}]*{[^{}]*})*[^{}]*}", "", css)
            assert not outside.strip()

    def test_what_it_lays_out_is_no_table_to_a_screen_reader(self) -> None:
        """The only one that is has headings with a scope."""
        tags = Tags(page(EVERYTHING)).found
        tables = [attributes for tag, attributes in tags if tag == "table"]
        assert [t.get("role") for t in tables].count(None) == 1
        assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")

    def test_nothing_is_hard_left(self) -> None:
        """A mail may run from right to left; code does not.

        Outlook and Yahoo know no `start`: what is `left` for them is turned by a rule of the head.
        """
        html = page(EVERYTHING, mail_dir="rtl")
        assert ".mw-start { text-align: right !important; }" in html
        html = re.sub(
            r"(?s)<pre.*?</pre>|mw-start[^>]*text-align: left; text-align: start", "", html
        )
        assert not re.findall(r"(?:margin|border)-(?:left|right)|align[:=]\W*left|float", html)
        assert not [value for value in re.findall(r"padding: ([^;!]+)", html) if is_lopsided(value)]

    def test_its_conditional_comments_are_balanced(self) -> None:
        """A table that only Outlook sees is closed where only Outlook sees it."""
        seen = "".join(re.findall(r"(?s)<!--\[if mso\]>(.*?)<!\[endif\]-->", page("")))
        assert [seen.count(f"<{tag}") for tag in ("table", "tr>", "td>")] == [1, 1, 1]
        assert [seen.count(f"</{tag}>") for tag in ("table", "tr", "td")] == [1, 1, 1]


MARKDOWN = """\
{% from "mailwright/macros.html" import button %}
# A heading

| A | B |
|---|--:|
| 1 | 2 |

{{ button("/", "Go") }}
"""


def test_markdown_is_styled_and_the_macros_in_it_are_left_alone() -> None:
    """Its tables have lines; a button is a table too, and has none."""
    templates = Templates(Environment(loader=DictLoader({"m.md": MARKDOWN})))
    html = css_inline.CSSInliner(keep_style_tags=True).inline(templates.render("m", {}).html or "")
    cells = re.findall("<t[dh] style=.*?>", html)
    assert len([cell for cell in cells if "border-bottom: 1px solid" in cell]) == 4
    assert "text-align: right" in cells[1]
    assert re.search('<h1 style="[^"]*font-size: 26px', html)
    assert button_of(html) == button_of(part("{{ button('/', 'Go') }}"))


def button_of(html: str) -> list[str]:
    """The styles of the link and its cell."""
    found = re.search(r'<td bgcolor="#1f5fbf" style="([^"]*)"><a href="/" style="([^"]*)"', html)
    assert found is not None
    return [style.rstrip(";") for style in found.groups()]


def styles(html: str) -> list[str]:
    """The inline styles of a page, spelled alike."""
    return [
        "".join((attributes.get("style") or "").split()).rstrip(";")
        for tag, attributes in Tags(html).found
        if tag != "tbody" and "style" in attributes
    ]


def is_lopsided(padding: str) -> bool:
    """Whether left and right differ."""
    sides = padding.split()
    return len(sides) == 4 and sides[1] != sides[3]


class TestMacros:
    def test_a_button_is_a_link_in_a_cell(self) -> None:
        """Escaped; the cell has the colour, for Outlook."""
        html = part("{{ button(url, 'A <b>') }}", url='https://a.example/?a=1&b="2"')
        assert 'href="https://a.example/?a=1&amp;b=&#34;2&#34;"' in html
        assert ">A &lt;b&gt;</a></td>" in html
        assert '<td bgcolor="#1f5fbf"' in html
        assert "<p" not in html

    def test_a_button_has_the_apps_colour_or_its_own(self) -> None:
        """`mail_accent` is a global of the app, which macros see."""
        loader = DictLoader(
            {"m.html": '{% from "mailwright/macros.html" import button %}' + BUTTONS}
        )
        environment = Environment(loader=loader)
        environment.globals["mail_accent"] = "#111111"
        html = Templates(environment).render("m", {}).html or ""
        assert re.findall('bgcolor="(.*?)"', html) == ["#111111", "#222222"]

    def test_a_fallback_shows_the_url(self) -> None:
        """For who reads where nothing can be clicked."""
        html = part("{{ button('https://a.example/', 'Go', fallback='Or copy:') }}")
        assert "Or copy:<br><a " in html
        assert ">https://a.example/</a>" in html

    def test_a_card_holds_html(self) -> None:
        """What stands in the call is not escaped again."""
        assert "<b>1 &lt; 2</b>" in part("{% call card() %}<b>{{ '1 < 2' }}</b>{% endcall %}")

    def test_a_table_names_its_columns(self) -> None:
        """Numbers end on one line; a cell is escaped; the total is named as a row."""
        html = part(
            "{{ table([['<i>', 2]], head=['What', 'N'], align=['start', 'right'],"
            " total=['Sum', 2]) }}"
        )
        assert re.findall(r'<th scope="(\w+)".*?>(.*?)</th>', html) == [
            ("col", "What"),
            ("col", "N"),
            ("row", "Sum"),
        ]
        assert ">&lt;i&gt;</td>" in html
        assert re.findall(r"text-align: (\w+);[^>]*>2<", html) == ["right", "right"]

    def test_a_table_without_a_head_names_its_rows(self) -> None:
        """Pairs of a name and a value."""
        html = part("{{ table([['When', 'now'], ['Where', 'here']]) }}")
        assert re.findall(r'<th scope="row".*?>(.*?)</th>', html) == ["When", "Where"]
        assert "<thead>" not in html

    def test_a_code_is_large_and_a_listing_keeps_its_lines(self) -> None:
        """Neither is turned round in a mail that runs from right to left."""
        large, listing = part("{{ code(123456) }}"), part("{{ code('a\\nb') }}")
        assert "font-size: 30px" in large
        assert "<pre" in listing
        assert 'dir="ltr"' in large
        assert 'dir="ltr"' in listing

    def test_a_preheader_is_hidden_and_stands_alone(self) -> None:
        """What follows it in the list of mails is blank."""
        html = part("{{ preheader('Look & see') }}")
        assert re.search(
            r'<div style="display: none;[^"]*mso-hide: all;">Look &amp; see&#847;', html
        )
        assert html.count("&zwnj;") > 80

    @pytest.mark.parametrize(
        ("arguments", "paragraphs"),
        [
            ("", []),
            ("'Why'", ["Why"]),
            ("address='Where'", ["Where"]),
            ("'Why', unsubscribe='/s', label='Leave'", ['Why <a href="/s"', "Leave"]),
            ("unsubscribe='/s'", ['<a href="/s"', "Unsubscribe"]),
        ],
    )
    def test_a_footer_says_what_it_is_given(self, arguments: str, paragraphs: list[str]) -> None:
        """Nothing of it is needed."""
        html = part(f"{{{{ footer({arguments}) }}}}")
        assert [text for text in paragraphs if text not in html] == []
        assert html.count("<p ") == min(1, len(paragraphs))


BUTTONS = "{{ button('/', 'Go') }}{{ button('/', 'Go', color='#222222') }}"
