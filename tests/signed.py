"""Keys to sign with in tests, what DNS has of them, and dkimpy as the verifier of what came."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import dkim
import nacl.exceptions

from flask_mailwright.compose.dkim.keys import KEY_TYPES, Key, KeyType, generate, load
from flask_mailwright.compose.dkim.signer import Identity, Signer
from flask_mailwright.compose.dkim.sources import Fixed

NOW = 1_796_000_000.0
RSA, ED25519, BOTH = "rsa.example", "ed25519.example", "both.example"
"""Domains that sign with these keys; the selector of each is its type."""
TYPES: Mapping[str, tuple[KeyType, ...]] = {RSA: ("rsa",), ED25519: ("ed25519",), BOTH: KEY_TYPES}


def pem(type_: KeyType = "rsa", which: int = 0) -> str:
    """A key of this type, the same at each call; `which` gives others."""
    return _pem(type_, which)


def key(type_: KeyType = "rsa", which: int = 0) -> Key:
    """The same, ready to sign."""
    return _key(type_, which)


@cache
def _pem(type_: KeyType, which: int) -> str:
    return generate(type_).decode()


@cache
def _key(type_: KeyType, which: int) -> Key:
    return load(_pem(type_, which).encode())


def signer(domains: Mapping[str, tuple[KeyType, ...]] = TYPES) -> Signer:
    """Of these domains."""
    return Signer(
        [Identity(domain, t, Fixed(key(t))) for domain, types in domains.items() for t in types],
        lambda: NOW,
    )


def records(domains: Mapping[str, tuple[KeyType, ...]] = TYPES) -> dict[str, str]:
    """What DNS has of them."""
    return {each.name: each.source.current().record for each in signer(domains).identities}


RECORDS = records()


def keys_of(domain: str, type_: KeyType = "rsa", selector: str = "s1") -> dict[str, Any]:
    """The configuration of an app that signs for a domain."""
    return {
        "MAIL_DKIM_DOMAIN": domain,
        "MAIL_DKIM_SELECTOR": selector,
        "MAIL_DKIM_KEY": pem(type_),
    }


def verdicts(content: bytes, dns: Mapping[str, str] = RECORDS) -> list[bool]:
    """What dkimpy says of each signature, the first of the mail first."""

    def txt(name: bytes, timeout: int = 5) -> bytes | None:
        found = dns.get(name.decode().rstrip("."))
        return None if found is None else found.encode()

    number = content.partition(b"\r\n\r\n")[0].lower().count(b"dkim-signature:")
    return [_verifies(content, place, txt) for place in range(number)]


def _verifies(content: bytes, place: int, txt: Any) -> bool:
    try:
        return bool(dkim.DKIM(content).verify(place, dnsfunc=txt))
    except (dkim.DKIMException, nacl.exceptions.ValueError):  # of a key of the other type
        return False
