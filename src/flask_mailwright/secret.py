"""A value that must not be seen: its repr, its str and any log line show stars."""

from __future__ import annotations

import traceback
from pathlib import Path


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


def raised(error: Exception) -> str:
    """What a callable raised and where, but not its text, which may hold the secret."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} ({Path(last.filename).name}, line {last.lineno})"
