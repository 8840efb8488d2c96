"""Bodies made 7-bit: as they are, quoted-printable or base64 (RFC 2045 §6)."""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Iterator

from .words import LIMIT

_LINE = 57
"""Octets that make one line of base64 with 76 characters."""
_LINES = 512
"""Lines made at once: few enough to stay in the processor's cache."""
_EIGHT_BIT = bytes(range(128, 256))
_LONE_CR = re.compile(r"\r\n?")
_TOO_LONG = re.compile(rb"=(20|09)\n(?<=[^\n]{77}\n)")
"""b2a_qp encodes the space before a line end without asking whether it still fits."""


def encode_text(text: str, charset: str) -> tuple[str, bytes]:
    """A text in canonical form (lines end in CRLF) and the name of the encoding that carries it."""
    if "\r" in text:
        text = _LONE_CR.sub("\n", text)
    octets = _canonical(text, charset)
    if octets.isascii() and b"\0" not in octets and _short_lines(octets):
        return "7bit", octets
    return _smaller(text, charset, octets)


def _canonical(text: str, charset: str) -> bytes:
    if charset == "utf-8":
        return text.encode().replace(b"\n", b"\r\n")
    return text.replace("\n", "\r\n").encode(charset)


def is_seven_bit(octets: bytes) -> bool:
    """Whether it may travel as it is: ASCII without NUL, CRLF line ends, lines of at most 998."""
    ends = octets.count(b"\r\n")
    lone = octets.count(b"\r") > ends or octets.count(b"\n") > ends
    return octets.isascii() and b"\0" not in octets and not lone and _short_lines(octets)


def base64_lines(octets: bytes) -> Iterator[bytes]:
    """Base64 in lines of 76, some kilobytes at a time, each piece ending in CRLF."""
    view = memoryview(octets)
    for start in range(0, len(view), _LINE * _LINES):
        encoded = binascii.b2a_base64(view[start : start + _LINE * _LINES], newline=False)
        whole, rest = divmod(len(encoded), 76)
        lines = list(struct.unpack_from("76s" * whole, encoded))
        yield b"\r\n".join([*lines, encoded[-rest:], b""] if rest else [*lines, b""])


def _short_lines(octets: bytes) -> bool:
    start, end = 0, len(octets)
    while end - start > LIMIT:
        start = octets.rfind(b"\n", start, start + LIMIT + 2) + 1
        if start == 0:
            return False
    return True


def _smaller(text: str, charset: str, octets: bytes) -> tuple[str, bytes]:
    eight_bit = len(octets) - len(octets.translate(None, _EIGHT_BIT))
    if eight_bit * 6 < len(octets):
        quoted = binascii.b2a_qp(text.encode(charset), istext=True)
        if b"=20\n" in quoted or b"=09\n" in quoted:
            quoted = _TOO_LONG.sub(rb"=\n=\1\n", quoted)
        return "quoted-printable", quoted.replace(b"\n", b"\r\n")
    return "base64", b"".join(base64_lines(octets)).removesuffix(b"\r\n")
