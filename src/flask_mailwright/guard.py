"""The one guard: no control character reaches a header, a parameter or a command."""

from __future__ import annotations

import re
import unicodedata

from .errors import MessageError

# C0 but TAB, DEL and C1 (NEL among them), the two Unicode line ends, lone surrogates.
_CONTROL = "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
_NAMES = {"\n": "a line feed", "\r": "a carriage return", "\0": "a NUL"}


def guard(field: str, value: str) -> str:
    r"""Return `value` unchanged, or raise `MessageError` naming `field` and the character.

    >>> guard("subject", "Hello")
    'Hello'
    >>> guard("subject", "Hello\nBcc: eve@example.com")
    Traceback (most recent call last):
    ...
    flask_mailwright.errors.MessageError: The message was not accepted: subject holds a line feed
    (U+000A) at position 5; it must be one line without control characters, remove it
    """
    if value.isprintable():
        return value
    found = re.search(_CONTROL, value)
    if found is None:
        return value
    raise MessageError([f"{field} holds {_name(found[0])} at position {found.start()}; {_ADVICE}"])


def plain(value: str) -> str:
    """The text without what a subclass or a proxy makes of it."""
    return str.__str__(value) if issubclass(type(value), str) else str(value)


_ADVICE = "it must be one line without control characters, remove it"


def _name(character: str) -> str:
    kind = "a lone surrogate" if "\ud800" <= character <= "\udfff" else "a control character"
    known = _NAMES.get(character) or unicodedata.name(character, kind).lower()
    return f"{known} (U+{ord(character):04X})"
