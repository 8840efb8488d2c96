"""Mails to look at before anybody gets them: functions that make one, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from .message import Message

Maker = TypeVar("Maker", bound=Callable[[], Message])


class Preview(NamedTuple):
    """A mail with made-up values; `locales` are the languages to look at it in, if it has any."""

    name: str
    make: Callable[[], Message]
    locales: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """The first line of its function's docstring."""
        lines = (self.make.__doc__ or "").strip().splitlines()
        return lines[0] if lines else ""


class Previews(dict[str, Preview]):
    """Those of one Mail, in the order in which they were written."""

    def register(self, name: str, locales: Iterable[str]) -> Callable[[Maker], Maker]:
        """A decorator; ValueError when two functions have one name."""

        def keep(make: Maker) -> Maker:
            if name in self and not _is_again(self[name].make, make):
                raise ValueError(f"there is a preview {name!r} already; choose another name")
            listed = (locales,) if isinstance(locales, str) else tuple(locales)
            self[name] = Preview(name, make, listed)
            return make

        return keep


def _is_again(former: Callable[[], Message], make: Callable[[], Message]) -> bool:
    """An app factory runs its decorators each time it is called."""
    return (former.__module__, former.__qualname__) == (make.__module__, make.__qualname__)
