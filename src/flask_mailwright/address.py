"""A display name and an addr-spec that relays accept (RFC 5321 §4.1.2, RFC 6531, IDNA 2008)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from .errors import MessageError
from .guard import guard, plain


class HasEmail(Protocol):
    """A person in the application's own words: `.email`, and `.name` if there is one."""

    @property
    def email(self) -> str:
        """The addr-spec."""


_ATOM = r"[^\x00- \"(),.:;<>@\[\\\]\x7f-\x9f]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*"')
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|\[(?:IPv6:[0-9A-Fa-f:.]+|[0-9.]+)\]")
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_ANGLED = r'("(?:[^"\\]|\\.)*"\s*|[^"<]*)<(.*)>'
_SPECIALS = r'[()<>@,:;\\"\[\]]'


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. An `Address` that exists is valid; MessageError says why another is not.

    `name` is any text without control characters, `spec` is `local@domain`; a domain outside
    ASCII is carried as its A-label (`wire`), a local part outside ASCII needs SMTPUTF8.

    >>> Address("Ann", "ann@bücher.example").wire
    'ann@xn--bcher-kva.example'
    >>> Address.parse("Flasky Admin<flasky@example.com>")
    Address(name='Flasky Admin', spec='flasky@example.com')
    """

    name: str
    spec: str
    wire: str = field(init=False, repr=False, compare=False)
    """The addr-spec as the envelope and the header carry it."""

    def __post_init__(self) -> None:
        if self.name:
            guard("display name", self.name)
        object.__setattr__(self, "wire", _wire(self.spec))

    @property
    def domain(self) -> str:
        """The part behind the @, in ASCII."""
        return self.wire.rpartition("@")[2]

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a relay with RFC 6531 can take it."""
        return not self.wire.isascii()

    def __str__(self) -> str:
        return f"{_quoted(self.name)} <{self.spec}>" if self.name else self.spec

    @classmethod
    def parse(cls, value: object, field: str = "address") -> Address:
        """Read an address, `(name, address)`, an object with `.email`, or `Name <address>`.

        One string is one mailbox: a comma outside quotes is refused, not split.
        """
        if isinstance(value, cls):
            return value
        try:
            return cls(*map(plain, _name_and_spec(value)))
        except MessageError as error:
            raise MessageError(f"{field}: {fault}" for fault in error.faults) from None


def parse_all(values: object, field: str) -> tuple[Address, ...]:
    """Every address of a list; MessageError bears all faults, not the first."""
    found: list[Address] = []
    faults: list[str] = []
    for value in _listed(values, field):
        try:
            found.append(Address.parse(value, field))
        except MessageError as error:
            faults += error.faults
    if faults:
        raise MessageError(faults)
    return tuple(found)


def _listed(values: object, field: str) -> Iterable[object]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise MessageError([f"{field} must be a list of addresses, not one: write [address]"])
    return values


def _name_and_spec(value: object) -> tuple[str, str]:
    if isinstance(value, str):
        return _split(value)
    email = getattr(value, "email", None)
    if isinstance(value, tuple) and email is None:
        return _pair(value)
    if isinstance(email, str):
        name = getattr(value, "name", None)
        return (name if isinstance(name, str) else ""), email
    if hasattr(value, "email"):
        raise MessageError([f".email of this {type(value).__name__} is {email!r}, not an address"])
    raise MessageError(
        [f"{type(value).__name__} is no address; give a string, (name, address) or an object"
         " with .email"]
    )  # fmt: skip


def _pair(value: tuple[object, ...]) -> tuple[str, str]:
    if len(value) != 2 or not isinstance(value[1], str) or not isinstance(value[0], str | None):
        raise MessageError(["a tuple must be (name, address); for several recipients use a list"])
    name, spec = value[0] or "", value[1]
    if "@" in name:
        raise MessageError(
            ["the name in the tuple holds an @: a tuple is (name, address), several recipients"
             " are a list; Address(name, address) allows such a name"]
        )  # fmt: skip
    return name, spec


def _split(text: str) -> tuple[str, str]:
    guard("address", text)
    text = text.strip()
    if "<" not in text or not text.endswith(">"):
        return "", text
    angled = re.fullmatch(_ANGLED, text)
    phrase, spec = angled.groups() if angled else text[:-1].rsplit("<", 1)
    return _phrase(phrase.strip()), spec


def _phrase(phrase: str) -> str:
    if quoted := re.fullmatch(_QUOTED, phrase):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if special := re.search(_SPECIALS, phrase):
        raise MessageError(
            [f"{special[0]!r} in a display name must stand in quotes; pass the name and the"
             " address as (name, address)"]
        )  # fmt: skip
    return phrase


def _quoted(name: str) -> str:
    if not re.search(_SPECIALS, name) and name == name.strip():
        return name
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}"'


@lru_cache(maxsize=512)
def _wire(spec: str) -> str:
    guard("address", spec)
    local, at, domain = spec.rpartition("@")
    if not at or not local or not domain:
        raise MessageError([f"{spec!r} is not an address: it must read name@domain"])
    if not _LOCAL.fullmatch(local) or not local.isprintable():
        if "," in local or ";" in local:
            raise MessageError([f"{spec!r} is more than one address: give several as a list"])
        raise MessageError([f"{spec!r}: {local!r} is not a valid name before the @"])
    wire = f"{local}@{_ascii_domain(domain, spec)}"
    if len(local.encode()) > 64 or len(wire.encode()) > 254:
        raise MessageError([f"{spec!r} is longer than mail allows (64 octets before the @, 254)"])
    return wire


def _ascii_domain(domain: str, spec: str) -> str:
    if not domain.isascii():
        import idna

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise MessageError([f"{spec!r}: the domain is not valid: {error}"]) from None
    if not _DOMAIN.fullmatch(domain) or len(domain) > 253:
        raise MessageError([f"{spec!r}: {domain!r} is not a valid domain"])
    return domain


AddressLike = str | tuple[str | None, str] | Address | HasEmail
