from textwrap import dedent

import pytest

from flask_mailwright.compose.plaintext import plaintext

LONG = "https://example.com/" + "a" * 80


def text(html: str) -> str:
    """Without the newline at its end, for one-line expectations."""
    return plaintext(html).removesuffix("\n")


def test_paragraphs_are_wrapped_with_an_empty_line_between() -> None:
    """At 72 columns; source line ends mean nothing."""
    found = text(f"<p>Hello\n <b>Ann</b>,</p>\n<p>{'word ' * 30}</p><div>one</div><div>two</div>")
    lines = found.split("\n")
    assert lines[:2] == ["Hello Ann,", ""]
    assert max(map(len, lines)) <= 72
    assert found.endswith("\n\none\ntwo")


@pytest.mark.parametrize("html", ["", " \n", "<p>&nbsp;</p>", "<div><br></div>", "<table><tr><td>"])
def test_nothing_to_read_is_nothing(html: str) -> None:
    """There is no text part of one empty line."""
    assert plaintext(html) == ""


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="https://example.com/c?a=1&copy=2&amp;b">here</a>.', "here <https://example.com/c?a=1&copy=2&b>."),
        ('<a href="https://example.com/">https://example.com</a>', "https://example.com/"),
        ('<a href="https://example.com/">example.com</a>', "https://example.com/"),
        ('<a href="mailto:ann@example.com?subject=Hi">ann@example.com</a>', "ann@example.com"),
        ('<a href="mailto:ann@example.com">us</a>', "us <ann@example.com>"),
        ('<a href="tel:+43 1 23456">+43 (1) 23456</a>', "+43 (1) 23456"),
        ('<a href="tel:+43123456">Call us</a>', "Call us <+43123456>"),
        ('<a href="#top">top</a> <a name="x">y</a> <a href="javascript:x()">z</a>', "top y z"),
        ('<a href="u:1"><img src="x" alt="Logo"></a>', "Logo <u:1>"),
        ('<a href="https://example.com/x"><img src="x" alt=""></a>', "https://example.com/x"),
        ('<a href="u:1"></a>nothing', "nothing"),
        ('<a href="u:1">one</a> <a href="u:1">one</a>', "one <u:1> one <u:1>"),
        ('<a href="u:1">never closed<a href="u:2">nor this', "never closed <u:1> nor this <u:2>"),
        ('<a href="u:1"><div>Block</div></a>after', "Block <u:1>\nafter"),
        ('<a href="u:1"><div>Block</div>and more</a>', "Block\nand more <u:1>"),
        ('<a href="u:1"><h2>Title</h2></a>', "Title <u:1>\n-----------"),
        ('<a href="u:1"><pre>x\ny</pre></a>', "x\ny\n\nu:1"),
        ('<a href=" https://example.com/a\nb ">x</a>', "x <https://example.com/ab>"),
    ],
)  # fmt: skip
def test_a_link_says_where_it_leads(html: str, expected: str) -> None:
    """Once, behind its text, and without the text when that is the address."""
    assert text(html) == expected


def test_a_long_address_stays_whole_on_its_own_line() -> None:
    """It can be clicked, whatever stands around it."""
    assert text(f'<p>Please <a href="{LONG}">confirm</a> soon, it is due.') == dedent(f"""\
        Please confirm
        <{LONG}>
        soon, it is due.""")


def test_lists_hang_and_nest() -> None:
    """Bullets, numbers from `start`, and what is long begins below its text."""
    html = f"""<ul><li>One</li><li>Two<ul><li>nested {"long " * 14}</li></ul>
        <li>Three<ol start=9><li>nine<li>ten</ol></ul>after<ol><li><p>a</p><p>b</p></li></ol>"""
    assert text(html) == dedent(f"""\
        - One
        - Two
          - nested {"long " * 11}long
            long long
        - Three
          9. nine
          10. ten

        after

        1. a

           b""")


def test_an_empty_item_leaves_no_bullet() -> None:
    """Neither does a hidden one, and it takes no number."""
    assert text('<ul><li></li><li>x</ul><ol><li>a<li style="display:none">b<li>c</ol>') == (
        "- x\n\n1. a\n2. c"
    )


def test_terms_stand_before_their_meaning() -> None:
    """Which is indented."""
    assert text("<dl><dt>One<dd>First<dt>Two<dd>Second</dl>") == "One\n    First\nTwo\n    Second"


def test_quotes_are_marked_line_by_line() -> None:
    """Also the empty lines in them, and lists at their beginning."""
    html = (
        "<blockquote><p>a</p><p>b</p><blockquote>c</blockquote></blockquote>d<blockquote><ul><li>e"
    )
    assert text(html) == "> a\n>\n> b\n>\n> > c\n\nd\n\n> - e"


def test_headings_are_underlined() -> None:
    """The first two levels; two signs alone would begin a signature."""
    assert text("<h1>Hello</h1><h2>A</h2><h3>Plain</h3>x") == (
        "Hello\n=====\n\nA\n---\n\nPlain\n\nx"
    )


def test_what_is_formatted_is_kept() -> None:
    """`pre` line by line, `white-space: pre-line` and `pre-wrap` as they say."""
    assert text("<pre>\ndef f():\n\treturn  1   \n</pre>") == "def f():\n        return  1"
    assert text("<p style='white-space: pre-line'>a  b\nc</p>") == "a b\nc"
    assert text("<p style='white-space: pre-wrap'>a  b\n  c</p>") == "a  b\n  c"
    assert text("<pre style='white-space: normal'>a  b</pre>") == "a  b"
    assert text(f"<pre>{'x ' * 50}</pre>") == ("x " * 50).strip()


def test_breaks_and_rules() -> None:
    """More than one empty line never comes of them."""
    assert text("a<br>b<br><br><br><br>c<hr>d<div><br></div>e<br><br><p>f") == (
        f"a\nb\n\nc\n\n{'-' * 72}\n\nd\n\ne\n\nf"
    )
    assert text("<blockquote>a<hr>") == f"> a\n>\n> {'-' * 70}"


def test_images_are_their_alternative_text() -> None:
    """Nothing, when it is empty or the image is hidden."""
    html = '<img alt="A  cat"> <img alt=""><img src=x><img alt=no style="display:none">'
    assert text(html + '<img alt="a&amp;b">') == "[A cat] [a&b]"


def test_elements_that_are_shown_as_blocks_are_lines() -> None:
    """Whatever they are called; what only looks like a box is part of its line."""
    block = 'style="display: block"'
    assert text(f"<p>a <b>b<span {block}>c</span></b>d<span {block}><i>e</i></span>f") == (
        "a b\nc\nd\ne\nf"
    )
    assert text(f'<a {block} href="u:1">x</a><a {block} href="u:2">y</a>') == "x <u:1>\ny <u:2>"
    assert text('a<span style="display:inline-block">b</span>c') == "abc"
    cells = f"<table><tr><th>h<td><span {block}>a</span><b {block}>b</b></table>"
    assert text(f"{cells}c") == "h  a\n   b\n\nc"


def test_what_only_outlook_hides_is_told() -> None:
    """A button that has a twin for Outlook is the button of everybody else."""
    twin = "<!--[if mso]><v:roundrect href='u:1'><center>Go</center></v:roundrect><![endif]-->"
    assert text(f'{twin}<a href="u:1" style="mso-hide:all">Go</a>') == "Go <u:1>"


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none">x</p>',
        '<div style="DISPLAY: None !important">x<div>y</div>z</div>',
        '<div style="visibility:hidden">x</div>',
        "<div hidden>x<ul><li>y<li>z</ul></div>",
        '<div style="max-height:0px;overflow:hidden">x</div>',
        '<span style="font-size:0">x</span>',
        '<span style="font:0/0 a">x</span>',
        '<span style="opacity:0.0">x</span>',
        '<span aria-hidden="true">&rarr;</span>',
        "<head><title>x</title><style>x</style><script>x</script></head>",
        "<template>x</template><svg><text>x</text></svg><select><option>x</select>",
        "<textarea>x</textarea><!-- x --><!--[if mso]><p>x</p><![endif]--><?x y><!x></ x>",
        '<table style="display:none"><tr><th>x<td>y</table>',
        '<table><tr hidden><td>x</table><a hidden href="u:1">x</a><hr hidden>',
    ],
)
def test_what_is_hidden_is_dropped(hidden: str) -> None:
    """And nothing else."""
    assert text(f"a {hidden}<p>b</p>") == "a\n\nb"


def test_what_hides_only_the_gaps_of_a_layout_shows_its_columns() -> None:
    """`font-size:0` around columns, `visibility` taken back within."""
    html = '<div style="font-size:0">x<div style="font-size:14px">a</div></div>'
    html += '<div style="visibility:hidden">x<b style="visibility:visible">b</b></div>'
    assert text(html + "<![if !mso]>c<![endif]><!--[if !mso]><!-->d<!--<![endif]-->") == "a\nb\ncd"


def test_filling_of_previews_is_dropped() -> None:
    """Zero-width signs, soft hyphens and the spaces among them; joiners that spell stay."""
    assert (
        text("Hi&nbsp;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#8199;&#65279;<p>so&shy;ft&#8203;")
        == "Hi\n\nsoft"
    )
    assert text("a&nbsp;&zwnj;&nbsp;b") == "a b"
    assert text("می\u200cخواهم 👩\u200d🚀") == "می\u200cخواهم 👩\u200d🚀"


def test_signs_of_the_text_survive() -> None:
    """What looks like markup and is none, and every character reference."""
    assert text("1 < 2 &lt;b&gt; I <3 &copy; &#8364;&#x20ac; &unknown; &amp;lt; a&b <") == (
        "1 < 2 <b> I <3 © €€ &unknown; &lt; a&b <"
    )
    assert text('<p title="a>b" x=\'"\' y="<p>">x') == "x"
    assert text("&#" + "9" * 5000 + ";") == "&#" + "9" * 5000 + ";"


def test_wide_text_counts_two_columns() -> None:
    """Ideographs break anywhere but before closing signs; addresses among them do not."""
    lines = text("日本語の長い段落、" * 9).split("\n")
    assert [len(line) for line in lines[:2]] in ([36, 36], [35, 36], [36, 35])
    assert not any(line.startswith("、") for line in lines)
    assert (
        text('あ<a href="https://example.com/日本">い</a>う') == "あい <https://example.com/日本>う"
    )


def test_the_direction_of_a_text_is_left_alone() -> None:
    """No marks are added and none removed."""
    html = '<p dir=rtl>שלום <bdo dir="ltr">Ann</bdo>\u200f!</p>'
    assert text(html) == "שלום Ann\u200f!"


def test_broken_markup_loses_no_text() -> None:
    """End tags of nothing, ends across each other, items and cells outside of theirs."""
    html = "</p></td>a<td>b<li>c</ul><b><i>d</b></i><ul><li><b>e</ul>f</table><dd>g"
    assert text(html) == "ab\n- cd\n  - e\n  f\n      g"


def test_deep_nesting_keeps_room_for_words() -> None:
    """Quotes are not indented without end."""
    last = text("<blockquote>" * 500 + "word").split("\n")[-1]
    assert last == "> " * 18 + "word"
