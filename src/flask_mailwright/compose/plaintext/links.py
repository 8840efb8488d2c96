"""Where a link leads, as it stands behind its text."""

from __future__ import annotations

import re
from typing import NamedTuple

from .blocks import BREAK
from .spaces import collapsed

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*+:", re.I)
_BLANK = re.compile(r"[ \t\n\f\r]+")
_NO_DIGIT = re.compile(r"[^0-9]+")
_SPACE = f" \t\n\f\r\u00a0{BREAK}"
_SILENT = ("#", "javascript:", "data:", "cid:", "vbscript:", "about:", "blob:")


class Link(NamedTuple):
    """A link that is open."""

    address: str
    number: int
    """Of all links of the page."""
    block: int
    """How many blocks stood before it."""
    piece: int
    """How many pieces of the paragraph in hand stood before it."""
    pictured: bool = False
    """It holds an image without alternative text."""


def shown(href: str) -> str:
    """The URL to be shown; the address alone of `mailto:` and `tel:`; empty for none.

    >>> shown("mailto:ann@example.com?subject=Hi"), shown("#top")
    ('ann@example.com', '')
    """
    url = _BLANK.sub("%20", href.strip(" \t\n\f\r").replace("\n", "").replace("\r", ""))
    lowered = url[:12].lower()
    if lowered.startswith(_SILENT):
        return ""
    if lowered.startswith("mailto:"):
        return url[7:].partition("?")[0]
    return url[4:].replace("%20", "") if lowered.startswith("tel:") else url


def told(text: str, address: str) -> str:
    """What stands in place of a link with this text.

    >>> told("our shop", "https://example.com/")
    'our shop <https://example.com/>'
    >>> told("example.com", "https://example.com/")
    'https://example.com/'
    """
    if not address or not text:
        return text
    if _plain(text) == _plain(address):
        return address if _SCHEME.match(address) else text
    if not _SCHEME.match(address) and _same_digits(text, address):
        return text
    return f"{text} <{address}>"


def linked(written: str, link: Link) -> str:
    """The link in its paragraph; an image without a text is told by its address."""
    core = written.strip(_SPACE)
    if not core:
        return written + (link.address if link.pictured else "")
    before, _, after = written.partition(core)
    return before + told(collapsed(core), link.address) + after


def _plain(url: str) -> str:
    lowered = url.lower().removeprefix("mailto:")
    return lowered.removeprefix("https://").removeprefix("http://").rstrip("/")


def _same_digits(text: str, number: str) -> bool:
    """A telephone number, however it is grouped."""
    digits = _NO_DIGIT.sub("", text)
    return len(digits) > 4 and digits == _NO_DIGIT.sub("", number)
