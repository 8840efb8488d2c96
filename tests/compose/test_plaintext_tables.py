from textwrap import dedent

import pytest

from flask_mailwright.compose.plaintext import plaintext

URL = "https://example.com/" + "a" * 70


def text(html: str) -> str:
    """Without the newline at its end."""
    return plaintext(html).removesuffix("\n")


def test_data_is_aligned_in_columns() -> None:
    """To the right where the HTML says so, by columns and not by characters."""
    html = """<table><tr><th>Item<th>Qty<th align=right>Price</tr>
        <tr><td>Blue mug<br><small>Size L</small><td>2<td align=right>€ 12.00
        <tr><td>日本語の本<td>10<td style="text-align: right">€ 9.50
        <tr><td colspan=2>Total<td align=right><b>€ 21.50</b></table>"""
    assert text(html) == dedent("""\
        Item        Qty    Price
        ----------  ---  -------
        Blue mug    2    € 12.00
        Size L
        日本語の本  10    € 9.50
        Total            € 21.50""")


def test_short_cells_are_data_without_headings() -> None:
    """Empty columns and rows take no room."""
    html = "<table><tr><td>Order<td width=9>&nbsp;<td>12345<tr><td><tr><td>Paid<td><td>yes</table>x"
    assert text(html) == "Order  12345\nPaid   yes\n\nx"


@pytest.mark.parametrize(
    "html",
    [
        "<table role=presentation><tr><td>{}<td>{}</table>",
        "<table ROLE='None'><tr><td>{}<tr><td>{}</table>",
        "<table><tr><td>{}<tr><td>{}</table>",
        "<table><tr><td>{}<td><p>{}<p>x</table>",
        "<table><tr><td><table><tr><td>{}</table><td>{}</table>",
        "<table><tr><td><h3>{}</h3><td><ul><li>{}</ul></table>",
        f"<table><tr><td>{{}} {'long ' * 20}<td>{{}}</table>",
        "<table>{}<tr><td>{}</table>",
    ],
)
def test_layout_is_flattened(html: str) -> None:
    """It tells its cells one after the other, without columns."""
    words = text(html.format("one", "two")).split()
    assert words.index("one") < words.index("two")
    assert "---" not in words


def test_short_cells_of_a_layout_share_a_line() -> None:
    """And rows that do so stand close; addresses that need lines of their own do, too."""
    html = "<table role=none><tr><td>Order<td>1<tr><td>Paid<td>yes<tr><td>Text</table>"
    assert text(html) == "Order  1\nPaid  yes\n\nText"
    links = f'<td><a href="{URL}">One</a><td><a href="{URL}">Two</a>'
    assert text(f"<table role=none><tr>{links}</table>") == f"One\n<{URL}>\nTwo\n<{URL}>"


def test_a_wide_column_is_wrapped() -> None:
    """The table stays within 72 columns."""
    html = f"<table><tr><th>Name<th>Text<th>No<tr><td>A<td>{'word ' * 20}<td>1</table>"
    lines = text(html).split("\n")
    assert max(map(len, lines)) == 72
    assert [line[:4].strip() for line in lines] == ["Name", "----", "A", ""]
    assert lines[2].endswith("  1")


def test_an_address_sticks_out_of_the_last_column() -> None:
    """It stays whole; nothing stands behind it."""
    html = f'<table><tr><td>Host<td>db1<tr><td>Help<td><a href="{URL}">Runbook</a></table>'
    assert text(html) == f"Host  db1\nHelp  Runbook\n      <{URL}>"


def test_what_has_no_room_in_columns_is_told_as_records() -> None:
    """Each value behind the heading of its column, or on its own."""
    long = "x" * 50
    head, row = "<tr><th>One:<th>Two<th>Three", f"<tr><td>{long}<td>{long}<td>"
    assert text(f"<table>{head}{row}{row}</table>") == (
        f"One: {long}\nTwo: {long}\n\nOne: {long}\nTwo: {long}"
    )
    assert text(f"<table>{row}</table>") == f"{long}\n{long}"


def test_a_caption_stands_above() -> None:
    """It does not make the table a layout."""
    assert text("<table><caption>Items</caption><tr><th>A<td>1<tr><th>B<td>2</table>") == (
        "Items\n\nA  1\nB  2"
    )


def test_tables_keep_the_indent_around_them() -> None:
    """In a quote or an item; the bullet comes before the first line."""
    table = "<table><tr><td>a<td>1<tr><td>b<td>2</table>"
    assert text(f"<blockquote>{table}</blockquote>") == "> a  1\n> b  2"
    assert text(f"<ul><li>{table}</ul>") == "- a  1\n  b  2"


def test_a_link_around_tables_is_told_behind_them() -> None:
    """One that begins in a cell ends with it."""
    assert text('<a href="u:1"><table><tr><td>Button</table></a>x') == "Button <u:1>\n\nx"
    assert text('<table><tr><td><a href="u:1">a<td>b</table>') == "a <u:1>  b"
    assert text('<a href="u:1"><table><tr><td>a<td>b</table></a>') == "a  b\n\nu:1"


def test_headings_may_stand_in_rows_set_to_the_right() -> None:
    """The row's alignment is that of its cells."""
    assert text("<table><tr><td>long text<tr align=right><td>x<tr><th>y</table>") == (
        "long text\n        x\ny"
    )


def test_a_cell_of_several_rows_keeps_its_neighbours_in_their_columns() -> None:
    """What stands beside it is not taken for its column's."""
    head = "<table><tr><th>Day<th>What<th>When"
    assert text(
        f"{head}<tr><td rowspan=2>Mon<td>Gym<td>9<tr><td>Tea<td>10<tr><td>Tue<td>x<td>y"
    ) == ("Day  What  When\n---  ----  ----\nMon  Gym   9\n     Tea   10\nTue  x     y")
    assert text(f"{head}<tr><td>Mon<td rowspan=3>Gym<td>9<tr><td>Tue<td>10<tr><td>Wed<td>11") == (
        "Day  What  When\n---  ----  ----\nMon  Gym   9\nTue        10\nWed        11"
    )
    assert text(f"{head}<tr><td rowspan=0>Mon<td>x<td>y<tr><td rowspan=9999 colspan=2>Tue<td>z")
