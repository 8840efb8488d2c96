"""Text as a terminal bears it: one line is one line, and no control character reaches it raw."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

JOINERS = "\u200c\u200d"
"""They are not printable by themselves, but scripts and emoji need them."""
LEAST = 8
"""Columns for the last cell of a row, however narrow the terminal is."""


def say(text: str, *, err: bool = False) -> None:
    """A line, with what the terminal's encoding cannot show written out."""
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err)


def say_json(document: Any) -> None:
    """One JSON document, in ASCII."""
    say(json.dumps(document, indent=2))


def shown(text: str) -> str:
    r"""With control characters written out, and with those that turn the direction of text.

    >>> print(shown("Hi\x1b[2J"))
    Hi\x1b[2J
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character.isprintable() or character in JOINERS:
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode("ascii")


def width(text: str) -> int:
    """Columns that it takes.

    >>> width("Grüße"), width("日本")
    (5, 4)
    """
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def cut(text: str, columns: int) -> str:
    """No more than so many columns.

    >>> cut("Your invoice", 8)
    'Your in…'
    """
    if width(text) <= columns:
        return text
    kept = ""
    while width(kept + text[len(kept)]) < columns:
        kept += text[len(kept)]
    return kept + "…"


def columns_of_terminal() -> int:
    """80 where there is no terminal."""
    return shutil.get_terminal_size().columns


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table; the last cell of each row has what the others leave of the terminal."""
    lines = [head, *([shown(cell) for cell in row] for row in rows)]
    widths = [max(width(line[place]) for line in lines) for place in range(len(head) - 1)]
    left = max(columns_of_terminal() - sum(widths) - 2 * len(widths), LEAST)
    return [_row(line, widths, left) for line in lines]


def _row(line: Sequence[str], widths: Sequence[int], left: int) -> str:
    cells = [cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths, strict=False)]
    return "  ".join([*cells, cut(line[-1], left)]).rstrip()


def pairs(named: Iterable[tuple[str, str]]) -> list[str]:
    """Lines of names with what is known, for those of which anything is."""
    known = [(name, text) for name, text in named if text]
    widest = max(len(name) for name, _ in known)
    return [line for name, text in known for line in folded(f"{name:{widest}}  ", text)]


def folded(first: str, text: str) -> list[str]:
    """The text behind what comes first, on as many lines as it needs."""
    return textwrap.wrap(
        shown(text),
        max(columns_of_terminal(), len(first) + 20),
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def moment(seconds: float | None) -> str:
    """As people read it.

    >>> moment(0)
    '1970-01-01 00:00:00 UTC'
    """
    return "" if seconds is None else f"{_time(seconds):%Y-%m-%d %H:%M:%S} UTC"


def iso(seconds: float | None) -> str | None:
    """As programs read it.

    >>> iso(0)
    '1970-01-01T00:00:00+00:00'
    """
    return None if seconds is None else _time(seconds).isoformat()


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
