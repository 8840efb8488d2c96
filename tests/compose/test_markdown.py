"""Templates in Markdown, and values in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment
from markupsafe import Markup, escape

from flask_mailwright import MessageError
from flask_mailwright.compose.markdown import markdown
from flask_mailwright.compose.render import Rendered, Templates
from tests.effort import examples

LAYOUT = "<main>{% block content %}{% endblock %}</main>"
BUTTON = "{% macro button(url, label) %}<table>\n\n    <a href='{{ url }}'>{{ label }}</a></table>"
MIXED = {
    "sum.html": "{% macro sum(x) %}Sum {{ x }}{% endmacro %}",
    "mixed.html": "<div>\n\n{{ x }}</div>",
    "mixed.md": "{% macro m(x) %}Hi {{ x }}{% endmacro %}",
}
EVIL = "[a](http://evil) *b* <i>"
FILES = {
    **MIXED,
    "mailwright/layout.html": LAYOUT,
    "button.html": f"{BUTTON}{{% endmacro %}}",
    "base.md": "# Shop\n\n{% block body %}*base {{ x }}*{% endblock %}",
}


def rendered(source: str, **context: Any) -> Rendered:
    """What `m.md` becomes."""
    files = {**FILES, "m.md": source}
    environment = Environment(
        loader=DictLoader(files), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return Templates(environment, filters={"markdown": markdown}).render("m", context)


def html(source: str, **context: Any) -> str:
    """The inside of the layout."""
    page = rendered(source, **context).html or ""
    return page.strip().removeprefix("<main>").removesuffix("</main>").strip()


def test_it_is_shown_in_the_layout() -> None:
    """The application's own of that name, if it has one."""
    found = rendered("# Hi\n\n*you*")
    assert (found.html or "").split() == "<main> <h1>Hi</h1> <p><em>you</em></p> </main>".split()
    assert found.text is None


class TestValues:
    """Nothing in a value is Markdown or HTML."""

    @pytest.mark.parametrize(
        "value",
        [
            "*x*",
            "<script>alert(1)</script>",
            "[a](http://evil)",
            "# x",
            "a\n\n- b",
            "`c`",
            "|",
            "&",
        ],
    )
    def test_in_text(self, value: str) -> None:
        """It is shown as it is."""
        assert html("{{ x }}", x=value) == f"<p>{escape(value)}</p>"
        assert html("**{{ x }}**", x=value) == f"<p><strong>{escape(value)}</strong></p>"
        assert html("`{{ x }}`", x=value) == f"<p><code>{escape(value)}</code></p>"

    @given(st.text(max_size=40))
    @examples(300)
    def test_any(self, value: str) -> None:
        """Whatever it holds."""
        assert html("- {{ x }}", x=value).startswith(f"<ul>\n<li>{escape(value)}</li>")

    def test_in_links(self) -> None:
        """A URL is one, with all of its characters; a harmful one leads nowhere."""
        url = "https://shop.example.com/?a=1&b_c=*d*"
        link = f'<p><a href="{escape(url)}">{{}}</a></p>'
        assert html("[go]({{ url }})", url=url) == link.format("go")
        assert html("<{{ url }}>", url=url) == link.format(escape(url))
        for harmful in ("javascript:alert(1)", " JAVASCRIPT:x", "data:text/html,x", "vbscript:x"):
            assert html("[go]({{ url }})", url=harmful) == '<p><a href="#harmful-link">go</a></p>'

    def test_addresses_in_links(self) -> None:
        """Their reader writes to them."""
        assert html("<{{ x }}>", x="a@b.c") == '<p><a href="mailto:a@b.c">a@b.c</a></p>'

    def test_no_links_in_code(self) -> None:
        """Everything is shown as it is there."""
        assert html("`Ann <{{ x }}>`", x="a@b.c") == "<p><code>Ann &lt;a@b.c&gt;</code></p>"
        page = html("```\n<{{ x }}>\n```", x="a@b.c")
        assert page == "<pre><code>&lt;a@b.c&gt;\n</code></pre>"

    def test_in_images(self) -> None:
        """Also one that the mail carries."""
        page = html("![{{ alt }}]({{ url }})", alt='a"b', url="cid:1@inline")
        assert page == '<p><img src="cid:1@inline" alt="a&#34;b" /></p>'

    def test_in_tables(self) -> None:
        """A bar in a value ends no cell."""
        assert "<td>a|b</td>" in html("| h |\n|---|\n| {{ x }} |", x="a|b")

    def test_in_the_subject(self) -> None:
        """As it is: a header is neither HTML nor Markdown."""
        source = "{% block subject %}Hi {{ x }}{% endblock %}\ntext"
        found = rendered(source, x="*A* & <b>")
        assert found.subject == "Hi *A* & <b>"
        assert "Hi" not in (found.html or "")

    def test_none_is_an_error(self) -> None:
        """As in every template of a mail."""
        with pytest.raises(MessageError, match=r"m\.md.*'who' is undefined"):
            rendered("{{ who }}")


class TestSafeValues:
    """What is marked safe is Markdown, or HTML when it begins with a tag."""

    def test_macros_of_html(self) -> None:
        """Empty lines and indents in them do not matter, and they are no paragraph."""
        source = "{% from 'button.html' import button %}\na\n\n{{ button('http://x', l) }}\n\nb"
        assert html(source, l="<*>") == (
            "<p>a</p>\n<table>\n\n    <a href='http://x'>&lt;*&gt;</a></table>\n<p>b</p>"
        )

    def test_blocks_and_macros_of_markdown(self) -> None:
        """They are part of the template."""
        source = "{% extends 'base.md' %}{% block body %}{{ super() }} {{ m('_') }}{% endblock %}"
        macro = "{% macro m(x) %}**{{ x }}**{% endmacro %}"
        assert html(source + macro, x="*") == (
            "<h1>Shop</h1>\n<p><em>base *</em> <strong>_</strong></p>"
        )

    def test_the_users_own(self) -> None:
        """Said to be safe by `|safe`."""
        assert html("{{ x }}", x=Markup("*a*")) == "<p><em>a</em></p>"
        assert html("a {{ x }}", x=Markup("<b>*</b>")) == "<p>a <b>*</b></p>"

    def test_the_filter(self) -> None:
        """A value that is Markdown: HTML in it is shown, not obeyed."""
        assert html("{{ x|markdown }}", x="*a* <b>") == "<p><em>a</em> &lt;b&gt;</p>"

    def test_html_of_the_template(self) -> None:
        """Its author wrote it."""
        assert html("a <b>{{ x }}</b>", x="<") == "<p>a <b>&lt;</b></p>"


class TestMixed:
    """A value that is mixed with what is marked safe is still a value."""

    @pytest.mark.parametrize(
        ("source", "before"),
        [
            ("{{ _('Hi %(x)s', x=x) }}", "Hi "),
            ("{% trans x=x %}Hi {{ x }}{% endtrans %}", "Hi "),
            ("{{ ngettext('%(num)d %(x)s', '%(num)d, %(x)s', 2, x=x) }}", "2, "),
            ("{{ _('**Hi**') ~ ' ' ~ x }}", "<strong>Hi</strong> "),
            ("{{ ['*a*'|safe, x]|join(' ') }}", "<em>a</em> "),
            ("{{ [{'x': '*a*'|safe}, {'x': x}]|join(' ', 'x') }}", "<em>a</em> "),
            ("{{ '*%s* %s'|safe|format(1, x) }}", "<em>1</em> "),
            ("{{ x|e }}", ""),
            ("{{ x|urlize(target='a') }}", ""),
            ("{% from 'sum.html' import sum %}{{ sum(x) }}", "Sum "),
        ],
    )
    def test_with_text(self, source: str, before: str) -> None:
        """By Jinja's own means, and by macros of HTML templates."""
        assert html(source, x=EVIL) == f"<p>{before}{escape(EVIL)}</p>"

    def test_in_html_that_is_included(self) -> None:
        """Where Markdown begins again behind an empty line."""
        page = html("{% include 'mixed.html' %}", x=f"a\n\n{EVIL}")
        assert str(escape(EVIL)) in page

    def test_in_the_subject(self) -> None:
        """A translation is no HTML there."""
        source = "{% block subject %}{{ _('To %(x)s', x=x) }} {{ _('%(x)s', x=x)|upper }}"
        assert rendered(f"{source}{{% endblock %}}", x="A & b").subject == "To A & b A & B"

    def test_numbers_in_translations(self) -> None:
        """They may be formatted."""
        assert html("{{ _('%(x).2f', x=x) }}", x=1.5) == "<p>1.50</p>"

    @pytest.mark.parametrize(
        ("change", "changed"),
        [
            ("m(x)|upper", "HI ANN"),
            ("m(x)|length", "6"),
            ("m(x)|replace('Ann', 'Bob')", "Hi Bob"),
            ("m(x)|truncate(5, true, '', 0)", "Hi An"),
        ],
    )
    def test_filters_of_text_with_values(self, change: str, changed: str) -> None:
        """They see the values, not what stands for them."""
        source = f"{{% from 'mixed.md' import m %}}{{{{ {change} }}}}"
        assert html(source, x="Ann") == f"<p>{changed}</p>"

    def test_a_filter_of_the_app(self) -> None:
        """One that breaks what stands for a value is told, not mailed."""
        files = {**FILES, "m.md": "{% from 'mixed.md' import m %}{{ m('Ann')|loud }}"}
        environment = Environment(loader=DictLoader(files), autoescape=True)
        environment.filters["loud"] = lambda text: Markup(str(text).upper())
        with pytest.raises(MessageError, match="a filter.* changed text with values in it"):
            Templates(environment).render("m", {})


def test_a_link_written_out_is_one() -> None:
    """As in other programs that take Markdown."""
    assert html("https://x.example.com/") == (
        '<p><a href="https://x.example.com/">https://x.example.com/</a></p>'
    )


def test_html_beside_it_is_taken_instead() -> None:
    """The more exact one."""
    environment = Environment(loader=DictLoader({**FILES, "m.md": "a", "m.html": "b"}))
    assert Templates(environment).render("m", {}).html == "b"


def test_finalize_of_markdown_leaves_html_templates_alone() -> None:
    """The application's other mail is rendered as ever."""
    files = {**FILES, "m.md": "{{ x }}", "n.html": "{{ x }}"}
    templates = Templates(Environment(loader=DictLoader(files), autoescape=True))
    assert templates.render("m", {"x": 1}).html is not None
    assert templates.render("n", {"x": "<"}).html == "&lt;"
