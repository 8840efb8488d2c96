"""Addresses that Flask-Mail mails to the right person, as we take them; others stay as they are."""

from __future__ import annotations

import re
from typing import Any

from ..address import Address
from ..errors import MessageError

_ANGLED = re.compile(r"\s*([^<>]*?)\s*<\s*([^<>\s]+)\s*>*[\s>,;]*")
_COMMENT = re.compile(r"\s*([^\s<>()]+@[^\s<>()]+)\s+\(([^()]*)\)[\s,;]*")
_SEVERAL = ",;"
"""Who writes those into a name may mean two addresses: that is refused, as ever."""


def tolerated(value: Any) -> Any:
    """One address, or a list of them.

    >>> tolerated("Ann (Sales) <ann@example.com>>")
    Address(name='Ann (Sales)', spec='ann@example.com')
    >>> tolerated("Doe, Jane <jane@example.com>")
    'Doe, Jane <jane@example.com>'
    """
    if isinstance(value, str):
        return _one(value)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        return _made(str(value[0] or ""), value[1].strip("<> \t,;")) or value
    if isinstance(value, list | set | frozenset) and not hasattr(value, "email"):
        return [tolerated(each) for each in value]
    return value


def sender_of(value: Any) -> Any:
    """A sender; two texts in a list are a pair, as configurations in JSON have it."""
    pair = isinstance(value, list | tuple) and len(value) == 2 and not hasattr(value, "email")
    return tolerated(tuple(value) if pair else value)


def unbroken(value: Any) -> Any:
    """The same without line breaks."""
    if isinstance(value, str):
        return value.replace("\r", "").replace("\n", "")
    if isinstance(value, list | tuple) and not hasattr(value, "email"):
        plain = [unbroken(each) for each in value]
        return tuple(plain) if isinstance(value, tuple) else plain
    return value


def _one(text: str) -> Any:
    if comment := _COMMENT.fullmatch(text):
        return _made(comment[2], comment[1]) or text
    if angled := _ANGLED.fullmatch(text if ">" in text else f"{text}>" if "<" in text else ""):
        return _made(_unquoted(angled[1]), angled[2]) or text
    bare = text.strip().rstrip("> \t,;")
    return bare or text


def _unquoted(phrase: str) -> str:
    """Of a phrase that is quoted as a whole; one that may be two addresses is none."""
    if quoted := re.fullmatch(r'"((?:[^"\\]|\\.)*)"', phrase):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    return "\n" if any(sign in phrase for sign in _SEVERAL) else phrase


def _made(name: str, spec: str) -> Address | None:
    try:
        return Address(name, spec)
    except MessageError:
        return None
