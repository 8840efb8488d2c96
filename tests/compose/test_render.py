"""From templates to text."""

from typing import Any

import pytest
from jinja2 import DictLoader, Environment, FileSystemBytecodeCache, TemplateNotFound
from jinja2.exceptions import UndefinedError

from flask_mailwright import MessageError
from flask_mailwright.compose.render import Rendered, Templates


def rendered(templates: dict[str, str], subject: bool = True, /, **context: Any) -> Rendered:
    """The template `m` of these, `m.txt` or `m.html` or both."""
    environment = Environment(loader=DictLoader(templates), autoescape=True)
    return Templates(environment).render("m", context, subject=subject)


def parts(templates: dict[str, str]) -> tuple[str | None, str | None, str | None]:
    """Its subject, text and HTML."""
    return rendered(templates)[:3]


def fault(templates: dict[str, str], **context: Any) -> str:
    """The one sentence that is said about them."""
    with pytest.raises(MessageError) as caught:
        rendered(templates, **context)
    (sentence,) = caught.value.faults
    return sentence


def test_what_there_is_of_txt_and_html() -> None:
    """Either or both; a part without template is None."""
    assert parts({"m.txt": "a\n"}) == (None, "a", None)
    assert parts({"m.html": "<p>"}) == (None, None, "<p>")
    assert parts({"m.txt": "", "m.html": "<p>"}) == (None, "", "<p>")


def test_no_template_names_both_paths() -> None:
    """The developer sees what was looked for."""
    assert fault({}) == (
        "neither m.txt nor m.html nor m.md was found in the template folders; make at least one of"
        " them"
    )


@pytest.mark.parametrize("suffix", [".txt", ".html", ".md"])
def test_a_suffix_is_left_off(suffix: str) -> None:
    """One name means both files."""
    environment = Environment(loader=DictLoader({f"m{suffix}": ""}))
    with pytest.raises(MessageError, match="leave the suffix off"):
        Templates(environment).render(f"m{suffix}", {})


def test_a_missing_parent_keeps_jinjas_own_error() -> None:
    """It names the parent, not the mail's template."""
    with pytest.raises(TemplateNotFound, match=r"^base\.txt$"):
        rendered({"m.txt": "{% extends 'base.txt' %}"})


def test_an_error_shows_the_line_of_the_template() -> None:
    """As `render_template` does: the traceback ends in the template's own lines."""
    with pytest.raises(ZeroDivisionError) as caught:
        rendered({"m.txt": "one\ntwo\n{{ 1 / 0 }}"})
    assert caught.traceback[-1].lineno == 2
    assert "template" in str(caught.traceback[-1].path)


FAMILY = {
    "t.txt": "{{ x }}",
    "t.html": "{{ x }}",
    "base.txt": "{{ x }} {% block b %}{% endblock %}",
    "base.html": "{{ x }} {% block b %}{% endblock %}",
    "macro.html": "{% macro show(x) %}{{ x }}{% endmacro %}",
}


class TestEscaping:
    """On for HTML, off for text; each template by its own name."""

    @pytest.mark.parametrize(
        "source",
        [
            "{{ x }}",
            "{% include 't.SUFFIX' %}",
            "{% extends 'base.SUFFIX' %}{% block b %}{{ x }}{% endblock %}",
        ],
    )
    def test_also_in_included_and_parent_templates(self, source: str) -> None:
        """A name with markup is shown as it is written, in both parts."""
        templates = {
            **FAMILY,
            "m.txt": source.replace("SUFFIX", "txt"),
            "m.html": source.replace("SUFFIX", "html"),
        }
        _, text, page = rendered(templates, x="<b>&")[:3]
        assert text is not None
        assert page is not None
        assert (set(text.split()), set(page.split())) == ({"<b>&"}, {"&lt;b&gt;&amp;"})

    def test_macros_and_safe_values(self) -> None:
        """What is marked safe is not escaped twice."""
        source = "{% from 'macro.html' import show %}{{ show('<') }}{{ '<'|safe }}"
        assert rendered({**FAMILY, "m.html": source}).html == "&lt;<"

    def test_a_template_of_another_name_is_escaped(self) -> None:
        """`.j2` may end up in HTML."""
        source = "{% include 'part.j2' %}"
        assert rendered({"m.html": source, "part.j2": "{{ x }}"}, x="<").html == "&lt;"

    def test_bytecode_of_the_application_is_not_used(self, tmp_path: Any) -> None:
        """An application that escapes nothing, or text too, shares no compiled template."""
        environment = Environment(
            loader=DictLoader({"m.txt": "{{ x }}"}),
            autoescape=True,
            bytecode_cache=FileSystemBytecodeCache(str(tmp_path)),
        )
        assert environment.get_template("m.txt").render(x="<") == "&lt;"
        assert Templates(environment).render("m", {"x": "<"}).text == "<"
        assert environment.get_template("m.txt").render(x="<") == "&lt;"


class TestSubject:
    """`{% block subject %}` is the subject, and not part of the body."""

    def test_it_comes_from_the_text_template_first(self) -> None:
        """The HTML template's is left out of its body all the same."""
        block = "{% block subject %} NAME \n{% endblock %}\nbody"
        found = parts({"m.txt": block.replace("NAME", "T"), "m.html": block})
        assert found == ("T", "body", "body")

    def test_entities_of_html_are_undone(self) -> None:
        """A header is no HTML."""
        found = rendered({"m.html": "{% block subject %}{{ x }} &copy;{% endblock %}"}, x="R&D <1>")
        assert found.subject == "R&D <1> ©"

    def test_text_is_not_unescaped(self) -> None:
        """What stands in a text template is meant as it stands."""
        assert rendered({"m.txt": "{% block subject %}&amp;{% endblock %}"}).subject == "&amp;"

    def test_it_may_stand_in_a_parent(self) -> None:
        """Wherever in the family, it is no part of the body."""
        base = "{% block subject %}base {{ x }}{% endblock %}\n{% block body %}{% endblock %}"
        child = "{% extends 'base.txt' %}{% block body %}b{% endblock %}"
        assert rendered({"base.txt": base, "m.txt": child}, x=1)[:3] == ("base 1", "b", None)

    def test_super_and_grandparents(self) -> None:
        """`super()` says what the parent says."""
        templates = {
            "a.txt": "{% block subject %}a{% endblock %}{% block body %}{% endblock %}",
            "b.txt": "{% extends 'a.txt' %}{% block subject %}{{ super() }}b{% endblock %}",
            "m.txt": "{% extends 'b.txt' %}{% set x = 1 %}"
            "{% block subject %}{{ super() }}{{ x }}{% endblock %}{% block body %}B{% endblock %}",
        }
        assert parts(templates) == ("ab1", "B", None)

    def test_an_empty_block_is_no_subject(self) -> None:
        """A layout may leave it to its children, and one of them may forget it."""
        base = "{% block subject %}{% endblock %}x"
        assert parts({"m.txt": base, "m.html": "{% block subject %}h{% endblock %}"}) == (
            *("h", "x"),
            "",
        )
        assert rendered({"m.txt": base}).subject is None

    def test_it_is_not_rendered_when_nobody_asks(self) -> None:
        """A subject given by the caller needs none of its values; the body stays without it."""
        found = rendered({"m.txt": "{% block subject %}{{ missing }}{% endblock %}\nx"}, False)
        assert found[:3] == (None, "x", None)

    def test_without_a_block_the_body_is_untouched(self) -> None:
        """Empty lines at its beginning were meant."""
        assert rendered({"m.txt": "\n\nx"}).text == "\n\nx"


class TestUndefined:
    """A name that nobody defined is an error when printed, and false when tested."""

    @pytest.mark.parametrize(
        "source",
        [
            "{{ who }}",
            "Dear {{ who|upper }}",
            "{{ 'a' ~ who }}",
            "{{ '%s'|format(who) }}",
            "{% for one in who %}{% endfor %}",
            "{{ who|join }}",
            "{{ who.name }}",
            "{{ who + 1 }}",
            "{% block subject %}{{ who }}{% endblock %}",
            "{% include 'part.txt' %}",
        ],
    )
    @pytest.mark.parametrize("suffix", [".txt", ".html"])
    def test_printed(self, source: str, suffix: str) -> None:
        """The sentence names the template and the name, and what to do."""
        assert fault({f"m{suffix}": source, "part.txt": "{{ who }}"}) == (
            f"m{suffix}, or what it includes: 'who' is undefined; pass it or test it first"
        )

    def test_an_attribute(self) -> None:
        """Of a value that is there."""
        sentence = fault({"m.txt": "{{ user.nick }}"}, user={"name": "Ann"})
        assert sentence.startswith(
            "m.txt, or what it includes: 'dict object' has no attribute 'nick'"
        )

    @pytest.mark.parametrize(
        ("source", "text"),
        [
            ("{% if who %}a{% else %}b{% endif %}", "b"),
            ("{{ who|default('you') }}", "you"),
            ("{{ who or 'you' }}", "you"),
            ("{{ 'yes' if who is defined }}", ""),
            ("{% if not user.nick %}none{% endif %}", "none"),
        ],
    )
    def test_tested(self, source: str, text: str) -> None:
        """`if`, `or`, `default` and `is defined` work as ever."""
        assert rendered({"m.txt": source}, user={}).text == text

    def test_the_cause_is_jinjas(self) -> None:
        """Its traceback leads into the template."""
        with pytest.raises(MessageError) as caught:
            rendered({"m.txt": "{{ who }}"})
        assert isinstance(caught.value.__cause__, UndefinedError)


def test_filters_tests_and_globals_are_the_applications() -> None:
    """Also those that are added after the first mail."""
    environment = Environment(loader=DictLoader({"m.txt": "{{ 'ab'|flip }}{{ site }}"}))
    templates = Templates(environment)
    environment.filters["flip"] = lambda text: text[::-1]
    environment.globals["site"] = "!"
    assert templates.render("m", {}).text == "ba!"
