"""A value that must not be seen: its repr, its str and any log line show stars."""

from __future__ import annotations

import base64
import json
import traceback
from pathlib import Path
from urllib.parse import quote


class Secret:
    """Holds a password until the moment it is handed over.

    >>> Secret("hunter2")
    Secret('***')
    >>> Secret("hunter2").reveal()
    'hunter2'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; call it only where it goes onto a verified connection."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled: read it from the configuration again")


class Veiled(bytes):
    """Octets on their way to a relay or a database, where logs and error trackers see them.

    >>> Veiled(b"hunter2")
    Veiled(***)
    """

    def __repr__(self) -> str:
        return "Veiled(***)"

    __str__ = __repr__


def disguises(value: str) -> tuple[str, ...]:
    """The forms in which somebody who was told it may repeat it, none of them a chance.

    >>> disguises("hunter2-hunter2")[:3]
    ('hunter2-hunter2', '68756e746572322d68756e74657232', '68756E746572322D68756E74657232')
    """
    octets = value.encode()
    words = [value, octets.hex(), octets.hex().upper(), quote(octets, safe="")]
    words += [repr(value)[1:-1], repr(octets)[2:-1], json.dumps(value)[1:-1]]
    coded = [_within_base64(octets, before) for before in range(3)]
    coded += [each.translate(_URL_SAFE) for each in coded]
    return tuple(dict.fromkeys(words + [each for each in coded if len(each) >= _TELLING]))


def _within_base64(octets: bytes, before: int) -> str:
    """What is the same whatever stands behind it, and before it in so many octets."""
    coded = base64.b64encode(b"\0" * before + octets).decode("ascii")
    return coded[(0, 2, 3)[before] : -4 if (before + len(octets)) % 3 else None]


_TELLING = 8
"""Characters of base64 that are no chance."""
_URL_SAFE = str.maketrans("+/", "-_")


def raised(error: Exception) -> str:
    """What a callable raised and where, but not its text, which may hold the secret."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} ({Path(last.filename).name}, line {last.lineno})"
