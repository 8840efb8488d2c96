"""The text part made from an HTML mail: what its reader sees, in lines of 72 columns.

Links are `text <url>`, lists, quotes and data tables keep their shape, layout tables are
flattened, and what HTML hides (a preheader, say) is left out.
"""

from __future__ import annotations

from ..markup import unescaped
from .blocks import BREAK, HARD, Block, lines
from .outline import Outline
from .page import Page
from .tables import Tables
from .tokens import tokens

__all__ = ["plaintext"]


def plaintext(html: str) -> str:
    """The text of `html`, ending in one newline; empty when there is nothing to read.

    Takes time in proportion to the length of `html`, and raises for none.

    >>> print(plaintext('<h2>Welcome</h2><p>Please <a href="https://example.com/c">confirm</a>!'))
    Welcome
    -------
    <BLANKLINE>
    Please confirm <https://example.com/c>!
    <BLANKLINE>
    """
    found = lines(_blocks(html.replace(BREAK, "").replace(HARD, "")))
    return "\n".join(found) + "\n" if found else ""


def _blocks(html: str) -> list[Block]:
    page = Page()
    tables = Tables(Outline(page))
    for name, attributes, text in tokens(html):
        if name:
            tables.tag(name, attributes)
        if text:
            page.text(unescaped(text) if "&" in text else text)
    tables.finish()
    return page.blocks
