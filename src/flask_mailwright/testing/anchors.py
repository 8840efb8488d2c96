"""The links of an HTML part, by what is written on them."""

from __future__ import annotations

from collections.abc import Iterator

from ..compose.markup import attributes_of, unescaped
from ..compose.plaintext.tokens import tokens

_BREAKS = frozenset("br p div table tr td th ul ol li h1 h2 h3 h4 h5 h6".split())
"""No word goes on behind these."""


def anchors(html: str) -> Iterator[tuple[str, str]]:
    """Each link's text, an image's being its `alt`, and where it leads; what has no href is none.

    >>> list(anchors('<!-- <a href="x">no</a> --><a href="?a=1&amp;b=2">Pay<br><b>now</b></a>'))
    [('Pay now', '?a=1&b=2')]
    """
    href, words = None, ""
    for name, attributes, text in tokens(html):
        if name in {"a", "/a"}:
            if href is not None:
                yield " ".join(words.split()), href
            href, words = attributes_of(attributes).get("href") if name == "a" else None, ""
        words += _shown(name, attributes) + unescaped(text)
    if href is not None:
        yield " ".join(words.split()), href


def _shown(name: str, attributes: str) -> str:
    if name == "img":
        return attributes_of(attributes).get("alt", "")
    return " " if name.removeprefix("/") in _BREAKS else ""
