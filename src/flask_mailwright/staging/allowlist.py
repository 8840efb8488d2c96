"""Whom mail may reach: single addresses, domains, and all sub-domains of a domain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..address import Address
from ..errors import MessageError


class Allowlist(NamedTuple):
    """Domains are compared as A-labels (IDNA 2008), and nothing in them by case.

    `patterns`: `ann@example.org`, or `@example.org` for every address of that domain, in lower
    case. `suffixes`: `.example.org` for every address of its sub-domains.

    >>> allowed = Allowlist.of(["Ann@example.org", "bücher.example", "*.test"])
    >>> [allowed.allows(f"ann@{domain}") for domain in ("EXAMPLE.org", "example.com", "qa.test")]
    [True, False, True]
    """

    patterns: frozenset[str]
    suffixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Allowlist:
        """Read entries as users write them; ValueError tells the place of one that is wrong."""
        patterns = [_pattern(place, entry) for place, entry in enumerate(entries, 1)]
        suffixes = {pattern[1:] for pattern in patterns if pattern.startswith("*")}
        return cls(frozenset(patterns), tuple(sorted(suffixes)))

    def allows(self, address: str) -> bool:
        """Whether mail may reach it; what is no address is reached by none."""
        local, at, domain = address.rpartition("@")
        if not (local and at and domain.isascii()):
            return False
        named = not self.patterns.isdisjoint((address.lower(), f"@{domain.lower()}"))
        return named or domain.lower().endswith(self.suffixes)


def _pattern(place: int, entry: object) -> str:
    try:
        return _read(entry.strip() if isinstance(entry, str) else "")
    except MessageError:
        raise ValueError(f"has an entry, number {place}, that is none of {_FORMS}") from None


def _read(entry: str) -> str:
    """In lower case; of a domain only its form is looked at, as that of any address."""
    star, dot, parent = entry.partition(".")
    if (star, dot) == ("*", "."):
        return f"*.{_domain(parent)}"
    if "*" in entry:
        raise MessageError(["no other wildcard is known"])
    if entry.startswith("@"):
        return f"@{_domain(entry[1:])}"
    if "@" not in entry and "." in entry:
        return f"@{_domain(entry)}"
    return Address.parse(entry).wire.lower()


def _domain(name: str) -> str:
    return Address("", f"x@{name}").domain.lower()


_FORMS = (
    "ann@example.org, example.org or @example.org (every address of that domain; the @ where a"
    " domain has no dot) and *.example.org (of its sub-domains)"
)
