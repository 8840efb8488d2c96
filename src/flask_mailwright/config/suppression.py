"""MAIL_SUPPRESSIONS: a store of one's own for the suppression list."""

from __future__ import annotations

from typing import Any

from ..importpath import call, load
from ..suppression import Suppressions

KEY = "MAIL_SUPPRESSIONS"
_NEEDED = ("add", "remove", "find", "__iter__")


def suppressions(value: Any) -> Suppressions:
    """The object itself, or what the import path makes when it is called."""
    found: Suppressions = call(KEY, load(KEY, value)) if isinstance(value, str) else value
    missing = [name for name in _NEEDED if not callable(getattr(found, name, None))]
    if missing or isinstance(found, type):
        raise ValueError(
            "must be a store, or package.module:name of what makes one; a store has add, remove,"
            " find and an iterator"
        )
    return found
