"""Any text may come: nobody's HTML raises, and time grows with its length."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.compose.plaintext import plaintext
from flask_mailwright.compose.plaintext.columns import columns, wrapped
from tests.compose.strategies import bodies
from tests.effort import examples, takes_linear_time

MEGABYTE = 1_000_000

PARTS = (
    "<table>", "</table>", "<tr>", "<td>", "</td>", "<th align=right>", "<td colspan=3>", "<ul>",
    "</ul>", "<ol start=7>", "<li>", "</li>", "<blockquote>", "</blockquote>", "<p>", "</p>",
    "<a href='https://example.com/x'>", "</a>", "<br>", "<hr>", "<h1>", "</h1>", "<pre>", "</pre>",
    "<div style='display:none'>", "</div>", "<b>", "</b>", "<span style='white-space:pre-wrap'>",
    "</span>", "<img alt='a b'>", "<!--", "-->", "<style>", "</style>", "<dl><dt>", "<dd>", "<",
    ">", "&amp;", "&#", "&nbsp;", "&zwnj;", "word ", "日本語。", "\n", "  ", "é", "<caption>", "'",
    '"', "=", "</", "<table role=presentation>", "long " * 20,
)  # fmt: skip


def _full(part: str) -> str:
    return part * (MEGABYTE // len(part))


HOSTILE: dict[str, Callable[[], str]] = {
    "nested tables": lambda: _full("<table><tr><td>x"),
    "nested tables, closed": lambda: "<table><tr><td>x" * 40_000 + "</table>" * 40_000,
    "unclosed inline": lambda: _full("<b>"),
    "unclosed blocks": lambda: _full("<div>x"),
    "deep blocks": lambda: "<div>" * 150_000 + "x" + "</div>" * 150_000,
    "deep quotes": lambda: _full("<blockquote>x"),
    "deep lists": lambda: _full("<ul><li>x"),
    "ends of others": lambda: "<b>" * 100_000 + "</i>" * 100_000,
    "comments": lambda: _full("<!--"),
    "dashes": lambda: "<!--" + "-" * MEGABYTE,
    "declarations": lambda: _full("<!"),
    "sections": lambda: _full("<!["),
    "ends": lambda: _full("</"),
    "references": lambda: _full("&"),
    "digits": lambda: "&#" + "9" * MEGABYTE + ";",
    "tags in tags": lambda: _full("<a<a<a"),
    "signs": lambda: _full("< "),
    "quotes": lambda: _full("<a b=\"'"),
    "one attribute": lambda: f"<a href='{'x' * MEGABYTE}'>y</a>",
    "many attributes": lambda: f"<td {'style ' * 160_000}>y",
    "one style": lambda: f"<p style='{'a' * MEGABYTE}'>x",
    "zeros": lambda: f"<p style='opacity:{'0' * MEGABYTE}x'>x",
    "one word": lambda: "x" * MEGABYTE,
    "ideographs": lambda: "日" * MEGABYTE,
    "opening signs": lambda: "（" * MEGABYTE,
    "one row": lambda: "<table><tr>" + "<td>x" * 200_000,
    "many rows": lambda: "<table>" + "<tr><th>x<td>y" * 60_000,
    "a tall cell": lambda: "<table><tr><th>" + _full("a b ") + "</th>" + "<td>x" * 20,
    "combining marks": lambda: "a" + "\u0301" * MEGABYTE,
    "joiners": lambda: _full("👩\u200d"),
    "filling": lambda: _full("\u00a0\u200c"),
    "spaces": lambda: "\u00a0" * MEGABYTE,
    "breaks": lambda: _full("<br>"),
    "formatted": lambda: "<pre>" + _full("\n x"),
    "scripts": lambda: _full("<script>"),
    "links": lambda: _full("<a href=u:1><div>x</div></a>"),
    "open links": lambda: _full("<a href=u:1><table><td>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_takes_linear_time(name: str) -> None:
    """`benchmarks/looks.py` tells how long each takes."""
    assert takes_linear_time(plaintext, HOSTILE[name]())


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=5)).map("".join))
@examples(1000)
def test_whatever_comes_the_text_is_tidy(html: str) -> None:
    """No exception, no trailing spaces, no two empty lines, one newline at its end."""
    found = plaintext(html)
    assert found == "" or found.endswith("\n")
    lines = found.split("\n")[:-1]
    assert [line.rstrip() for line in lines] == lines
    assert "\n\n\n" not in found
    assert lines == [] or (lines[0] and lines[-1])


@given(st.lists(st.sampled_from(PARTS)).map("".join), st.sampled_from([" ", "\n", "\t", " \r\n "]))
def test_white_space_of_the_source_means_nothing(html: str, space: str) -> None:
    """Outside of `pre`, one kind is like another."""
    html = html.replace("<pre>", "").replace("pre-wrap", "normal")
    assert plaintext(html.replace(" ", space).replace("\n", space)) == plaintext(
        html.replace("\n", " ")
    )


@given(bodies())
def test_words_survive(body: str) -> None:
    """All that is printed in a paragraph, in its order."""
    words = "".join(one for one in body if one.isalnum() and one.isprintable())
    assert "".join(plaintext(words).split()) == words


@given(st.text(st.sampled_from("abc 日本、（é\u0301👩\u200d🚀")), st.integers(4, 40))
def test_lines_keep_within_their_width(text: str, width: int) -> None:
    """Unless one word alone is wider, and nothing is lost at their ends but spaces."""
    lines = wrapped(" ".join(text.split()), width)
    assert all(columns(line) <= width or " " not in line for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("abc", 3), ("é", 1), ("e\u0301", 1), ("日本", 4), ("ｱ", 1), ("🇦🇹", 2),
     ("👍🏽", 2), ("👨‍👩‍👧", 2), ("❤\ufe0f", 2), ("한", 2),
     ("\u1112\u1161\u11ab", 2), ("שָׁ", 1), ("“€”", 3)],
)  # fmt: skip
def test_columns(text: str, expected: int) -> None:
    """As terminals and mail readers of fixed width show it."""
    assert columns(text) == expected
