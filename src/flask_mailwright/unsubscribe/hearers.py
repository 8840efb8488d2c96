"""The app's functions that want to know who left which list."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from inspect import unwrap
from types import FunctionType
from typing import TypeVar

from flask import Flask

logger = logging.getLogger("flask_mailwright")

Hearer = Callable[[Flask, str, str], object]
"""It is told the app, the address and the list."""
H = TypeVar("H", bound=Hearer)


class Hearers:
    """Those of one Mail, in the order in which they were written."""

    def __init__(self) -> None:
        self._hearers: dict[object, Hearer] = {}

    def __iter__(self) -> Iterator[Hearer]:
        return iter(list(self._hearers.values()))

    def __bool__(self) -> bool:
        return bool(self._hearers)

    def add(self, hearer: H) -> H:
        """A decorator; an app factory may run it again, and its last function is the one."""
        written = unwrap(hearer)
        code = written.__code__ if isinstance(written, FunctionType) else hearer
        self._hearers[code] = hearer
        return hearer

    def tell(self, app: Flask, address: str, name: str) -> None:
        """Each of them; one that raises is logged, for it is done, whatever they make of it."""
        for hearer in self:
            try:
                hearer(app, address, name)
            except Exception:
                told = getattr(hearer, "__qualname__", type(hearer).__name__)
                logger.exception("%s of on_unsubscribe raised; the address has left %r", told, name)
