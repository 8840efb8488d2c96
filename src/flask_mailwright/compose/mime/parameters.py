"""Content types and their parameters, in any script and length (RFC 2045 §5.1, RFC 2231)."""

from __future__ import annotations

import re
from urllib.parse import quote

from ...errors import MessageError
from ...guard import guard

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+"
_KIND = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_TYPE = rf"({_KIND}/{_KIND})((?:\s*;.*)?)"
_NAME = r"[A-Za-z0-9!#$&+.^_`{|}~-]"
_PARAMETER = rf'\s*;\s*({_NAME}{{1,40}})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")'
_SIMPLE = rf"{_NAME}+"
_QUOTABLE = r"[ !#-\[\]-~]+"
_ATTRIBUTE = "!#$&+-.^_`{|}~"
"""The characters that RFC 2231's attribute-char adds to letters and digits."""
_ROOM = 74


def parameter(name: str, value: str) -> list[str]:
    """`name=value` as tokens to fold between: plain, quoted, or extended in numbered pieces.

    >>> parameter("filename", "a b.pdf")
    ['filename="a b.pdf"']
    >>> parameter("filename", "é.pdf")
    ["filename*=utf-8''%C3%A9.pdf"]
    """
    if len(name) + len(value) + 3 <= _ROOM:
        if re.fullmatch(_SIMPLE, value):
            return [f"{name}={value}"]
        if re.fullmatch(_QUOTABLE, value) and "=?" not in value and value == value.strip(" "):
            return [f'{name}="{value}"']
    pieces = _extended(value, _ROOM - len(name) - 6)
    if len(pieces) == 1:
        return [f"{name}*={pieces[0]}"]
    numbered = [f"{name}*{index}*={piece};" for index, piece in enumerate(pieces)]
    return [*numbered[:-1], numbered[-1].rstrip(";")]


def _extended(value: str, room: int) -> list[str]:
    pieces, piece = [], "utf-8''"
    for character in value:
        encoded = quote(character, safe=_ATTRIBUTE)
        if len(piece) + len(encoded) > room:
            pieces.append(piece)
            piece = ""
        piece += encoded
    return [*pieces, piece]


def parse_content_type(field: str, value: str) -> tuple[str, dict[str, str]]:
    """`type/subtype; name=value` in lower case with its parameters, or MessageError.

    >>> parse_content_type("content_type", "text/calendar; method=REQUEST")
    ('text/calendar', {'method': 'REQUEST'})
    """
    found = re.fullmatch(_TYPE, guard(field, value).strip())
    if found is None:
        raise MessageError([f"{field} {value!r} is no content type: it must read type/subtype"])
    parameters = {name.lower(): _value(*rest) for name, *rest in re.findall(_PARAMETER, found[2])}
    if re.sub(_PARAMETER, "", found[2]).strip(" ;"):
        raise MessageError([f"{field} {value!r}: parameters must read ; name=value"])
    return found[1].lower(), parameters


def content_type_tokens(kind: str, parameters: dict[str, str]) -> list[str]:
    """The tokens of a Content-Type field, semicolons in place."""
    tokens = [kind]
    for name, value in parameters.items():
        tokens[-1] += ";"
        tokens += parameter(name, value)
    return tokens


def _value(token: str, quoted: str) -> str:
    return token or re.sub(r"\\(.)", r"\1", quoted)
