"""Canaries: values that must be seen nowhere, all forms of them, and who looks for those."""

from __future__ import annotations

import html
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

PIECE = 12
"""Characters of a form in a row that betray it."""
STRIDE = 4
"""What is looked at begins at each fourth character, so that 15 in a row are always found."""


class Canary(NamedTuple):
    """A value that was planted. `octets` are what is secret, `name` is where it was planted."""

    name: str
    octets: bytes

    @property
    def text(self) -> str:
        """As the configuration has it."""
        return self.octets.decode()


def canary(name: str, text: str) -> Canary:
    """Of a text."""
    return Canary(name, text.encode())


def of_pem(name: str, pem: str) -> list[Canary]:
    """A private key: its lines, and its octets, without the frame that all keys of a type share."""
    body = "".join(pem.split("-----")[2].split())
    is_rsa = len(body) > 200
    octets = b64decode(body)[-600 if is_rsa else -32 :]
    lines = "\n".join(line[4:] for line in pem.split("-----")[2].split())
    return [
        Canary(name, octets),
        Canary(name, (lines[len(lines) // 4 :] if is_rsa else lines[20:]).encode()),
    ]


def forms(octets: bytes) -> Iterator[tuple[str, str]]:
    """Each way in which it may come to light, by name."""
    text = octets.decode("utf-8", "replace")
    yield "plain", text
    yield "octets", octets.decode("latin-1")
    yield "percent-encoded", quote(octets, safe="")
    yield "form-encoded", quote_plus(octets)
    yield "hexadecimal", octets.hex()
    yield "hexadecimal", octets.hex().upper()
    yield "repr", repr(text)[1:-1]
    yield "repr", repr(f"'{text}\"")[2:-2]  # within a text that has both quotes
    yield "repr of octets", repr(octets)[2:-1]
    yield "JSON", json.dumps(text)[1:-1]
    yield "JSON", json.dumps(text, ensure_ascii=False)[1:-1]
    yield "HTML", html.escape(text)
    for before in range(3):
        found = based(octets, before)
        yield f"base64 behind {before}", found
        yield f"base64url behind {before}", found.translate(_URL_SAFE)


def based(octets: bytes, before: int) -> str:
    """What base64 has of it behind so many octets, whatever stands around it."""
    coded = b64encode(b"\0" * before + octets).decode()
    begin, odd = (0, 2, 3)[before], (before + len(octets)) % 3
    return coded[begin : -4 if odd else None]


class Searcher:
    """Knows all pieces of all forms."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._pieces: dict[str, tuple[str, str]] = {}
        for each in canaries:
            for form, text in forms(each.octets):
                for at in range(len(text) - PIECE + 1):
                    self._pieces.setdefault(text[at : at + PIECE], (each.name, form))

    def found(self, text: str) -> set[tuple[str, str]]:
        """The names of what is in it, each with its form."""
        pieces = self._pieces
        windows = (text[at : at + PIECE] for at in range(0, len(text) - PIECE + 1, STRIDE))
        return {pieces[window] for window in windows if window in pieces}


_URL_SAFE = str.maketrans("+/", "-_")
