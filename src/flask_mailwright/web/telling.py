"""How the pages write a moment, a size and a text with links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

_LINK = re.compile(r"\bhttps?://[^\s<>\"'\x00-\x1f]{1,2000}")
_LAST = ".,;:!?)]}»”"


def clock(moment: float) -> str:
    """The time, and the day unless it is today.

    >>> len(clock(0.0))
    12
    """
    local = datetime.fromtimestamp(moment).astimezone()
    today = local.date() == datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if today else f"{local.day:2} {local:%b %H:%M}"


def stamp(moment: float) -> str:
    """In full, with the zone."""
    return datetime.fromtimestamp(moment).astimezone().strftime("%A, %d %B %Y, %H:%M:%S %Z")


def iso(moment: float) -> str:
    """For programs."""
    return datetime.fromtimestamp(moment).astimezone().isoformat(timespec="seconds")


def size(octets: int) -> str:
    """As people read it.

    >>> size(512), size(102_400), size(3_500_000)
    ('512 bytes', '100 KB', '3.3 MB')
    """
    if octets < 1024:
        return f"{octets} byte{'' if octets == 1 else 's'}"
    if octets < 1024 * 1024:
        return f"{octets / 1024:.0f} KB" if octets >= 10_240 else f"{octets / 1024:.1f} KB"
    return f"{octets / 1024 / 1024:.1f} MB"


def linked(text: str) -> Markup:
    """The text as it is, with what begins like a link made one.

    >>> str(linked("see <https://x.example/?a=1&b=2>."))
    'see &lt;<a href="https://x.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">\
https://x.example/?a=1&amp;b=2</a>&gt;.'
    """
    made, end = list[str](), 0
    for found in _LINK.finditer(text):
        url = found[0].rstrip(_LAST)
        made += [escape(text[end : found.start()]), _ANCHOR.format(url, url)]
        end = found.start() + len(url)
    return Markup("".join([*made, escape(text[end:])]))


_ANCHOR = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')


def visible(text: str) -> Markup:
    r"""With characters that change the direction of what follows, or are not seen, written out.

    >>> str(visible("gpj\u202eexe"))
    'gpj<span class="hidden-character">U+202E</span>exe'
    """
    pieces = _UNSEEN.split(text)
    return Markup("").join(
        _HIDDEN.format(ord(piece)) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


_UNSEEN = re.compile("([\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c])")
_HIDDEN = Markup('<span class="hidden-character">U+{:04X}</span>')


def person(address: str) -> str:
    """The name in front of an address, or the address.

    >>> person('"Ann, Bob & Co." <ann@example.com>'), person("ann@example.com")
    ('Ann, Bob & Co.', 'ann@example.com')
    """
    name, bracket, _ = address.partition("<")
    return (bracket and name.strip(' "')) or address


def together(several: Any) -> str:
    """One text of one or several.

    >>> together(("Gmail", "Outlook"))
    'Gmail, Outlook'
    """
    return several if isinstance(several, str) else ", ".join(map(str, several))


def named(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header fields by their names in small letters."""
    return {name.lower(): value for name, value in fields}


def suffix(name: str) -> str:
    """What a file's kind is shown by.

    >>> suffix("invoice.pdf"), suffix("README")
    ('pdf', 'file')
    """
    end = name.rpartition(".")[2] if "." in name else ""
    return end if 0 < len(end) < 6 else "file"


FILTERS: dict[str, Callable[..., Any]] = {
    "clock": clock,
    "stamp": stamp,
    "iso": iso,
    "size": size,
    "linked": linked,
    "visible": visible,
    "person": person,
    "together": together,
    "named": named,
    "suffix": suffix,
}
