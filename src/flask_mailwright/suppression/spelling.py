"""One spelling for each address and list, so that a store compares no more than strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from unicodedata import normalize

from ..address import Address, AddressLike
from ..compose.lists import label
from ..smtp.replies import shorten
from . import Suppression, Suppressions


def key(address: object) -> str:
    """An address as it is compared; MessageError when it is none.

    >>> key("Ann <Ann@BÜCHER.example>")
    'ann@xn--bcher-kva.example'
    """
    return _compared(Address.parse(address).wire)


class Spelled:
    """A store that takes any spelling, and reasons of any length."""

    def __init__(self, store: Suppressions) -> None:
        self._store = store

    def add(self, address: AddressLike, reason: str, list: str | None = None) -> bool:  # noqa: A002
        """Of a reason one line is kept."""
        return self._store.add(key(address), shorten(str(reason)), _named(list))

    def remove(self, address: AddressLike, list: str | None = None) -> bool:  # noqa: A002
        """As the store."""
        return self._store.remove(key(address), _named(list))

    def find(
        self,
        addresses: Sequence[str],
        list: str | None,  # noqa: A002
    ) -> Mapping[str, Suppression]:
        """By the addresses as they were given; they are those of an envelope."""
        keys = {address: _key_of(address) for address in addresses}
        found = self._store.find([*dict.fromkeys(keys.values())], list.lower() if list else None)
        return {each: found[keys[each]] for each in addresses if keys[each] in found}

    def __iter__(self) -> Iterator[Suppression]:
        return iter(self._store)

    @property
    def nobody(self) -> bool:
        """Whether it is known, without asking, that nobody is suppressed."""
        return getattr(self._store, "nobody", False) is True

    @property
    def waits(self) -> bool:
        """Whether `find` may take its time."""
        return bool(getattr(self._store, "waits", True))

    def close(self) -> None:
        """As the store."""
        close: Callable[[], object] = getattr(self._store, "close", bool)
        close()


def _key_of(wire: str) -> str:
    """Of an address that is known to be one."""
    return _compared(wire) if wire.isascii() else key(wire)


def _compared(wire: str) -> str:
    """In lower case, not casefold, for which "Straße" is "strasse", another mailbox."""
    quoted = _QUOTED.fullmatch(wire)
    spec = f"{_unquoted(quoted[1])}{quoted[2]}" if quoted else wire
    return normalize("NFC", spec.lower())


def _unquoted(text: str) -> str:
    """Quotes and backslashes that are not needed mean nothing (RFC 5321 §4.1.2)."""
    bare = re.sub(r"\\(.)", r"\1", text)
    if _NEEDS_QUOTES.search(bare):
        return '"' + re.sub(r'(["\\])', r"\\\1", bare) + '"'
    return bare


_QUOTED = re.compile(r'"(.*)"(@[^@]*)')
_NEEDS_QUOTES = re.compile(r"""[\s"(),:;<>@\[\\\]]|^\.|\.\.|\.$|^$""")


def _named(name: object) -> str | None:
    """A list's name, which RFC 2919 compares without case; MessageError when it is none."""
    return None if name is None else label(name).lower()
