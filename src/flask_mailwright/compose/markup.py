"""What stands in a tag of HTML, and what references stand for (HTML §13.2.5), in linear time."""

from __future__ import annotations

import html
import re

# Every repetition is possessive: nothing is read twice.
ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)*+"""
_ATTRIBUTE = re.compile(
    r"""([^\s=/>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+)))?+"""
)
_REFERENCE = re.compile(
    r"&(?:#[0-9]{1,7}+(?![0-9]);?|#x[0-9a-f]{1,6}+(?![0-9a-f]);?|[a-z][a-z0-9]{1,31};?)", re.I
)
_CLAIMED = re.compile(r"[a-z0-9=]", re.I)


def attributes_of(written: str) -> dict[str, str]:
    """The attributes by name; the first of a name counts.

    >>> attributes_of(' HREF="?a=1&copy=2&amp;b" hidden')
    {'href': '?a=1&copy=2&b', 'hidden': ''}
    """
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), _value(double or single or bare))
    return found


def unescaped(text: str) -> str:
    """The text with its character references resolved."""
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), text)


def _value(written: str) -> str:
    if "&" not in written:
        return written
    return _REFERENCE.sub(lambda found: _in_value(found, written), written)


def _in_value(found: re.Match[str], written: str) -> str:
    """A name without its semicolon, in front of a letter, a digit or "=", is part of a URL."""
    name = found[0]
    named = not name.startswith("&#") and not name.endswith(";")
    if named and _CLAIMED.match(written, found.end()):
        return name
    return html.unescape(name)
