"""MAIL_DKIM_DOMAIN, MAIL_DKIM_SELECTOR and MAIL_DKIM_KEY, or MAIL_DKIM: who signs, with what."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from ..address import Address
from ..compose.dkim.keys import ENOUGH, MOST, Key, load
from ..compose.dkim.signer import Identity, Signer, Source
from ..compose.dkim.sources import Asked, Fixed, pem
from ..errors import MessageError
from ..world import World
from .keys import Keys
from .values import parsed, text

logger = logging.getLogger("flask_mailwright")

SEVERAL = "MAIL_DKIM"
ONE = ("MAIL_DKIM_DOMAIN", "MAIL_DKIM_SELECTOR", "MAIL_DKIM_KEY")
Within = Callable[[], AbstractContextManager[object]]


def read_dkim(keys: Keys, world: World, within: Within) -> Signer | None:
    """None when nothing is set; a callable is asked `within` a context, when mail is signed."""
    one = [key for key in ONE if keys.is_set(key)]
    identities: list[Identity] = []
    if keys.is_set(SEVERAL):
        keys.faults += [f"{SEVERAL} and {key} are both set; keep {SEVERAL}" for key in one]
        read = partial(_several, keys, world=world, within=within)
        identities = keys.take(SEVERAL, read, identities)
    elif one:
        identities = _one(keys, ONE, world, within)
    else:
        return None
    _check_names(keys, identities)
    return Signer(identities, world.now)


def domain(value: Any) -> str:
    """One that signs, in ASCII (IDNA 2008).

    >>> domain("Bücher.example")
    'xn--bcher-kva.example'
    """
    try:
        found = Address("", f"postmaster@{text(value).strip().rstrip('.')}").domain.lower()
    except MessageError:
        found = ""
    if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", found):
        raise ValueError("must be a domain, such as example.com")
    return found


def selector(value: Any) -> str:
    """The name of a key within its domain (RFC 6376 §3.1)."""
    found = text(value).strip().lower()
    if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", found):
        raise ValueError("must be a name of letters, digits and hyphens, such as mail-2026")
    return found


_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


def _several(keys: Keys, value: Any, world: World, within: Within) -> list[Identity]:
    entries = parsed(value) if isinstance(value, str) else value
    if not isinstance(entries, list | tuple) or not entries:
        raise ValueError(_SHAPE)
    identities = []
    for place, entry in enumerate(entries):
        if not isinstance(entry, list | tuple) or len(entry) != len(ONE):
            raise ValueError(_SHAPE)
        names = tuple([f"{SEVERAL}[{place}] {part}" for part in ("domain", "selector", "key")])
        of_entry = Keys(dict(zip(names, entry, strict=True)))
        identities += _one(of_entry, names, world, within)
        keys.faults += of_entry.faults
    return identities


def _one(keys: Keys, names: tuple[str, ...], world: World, within: Within) -> list[Identity]:
    """Of three settings with these names; nothing when one is at fault."""
    keys.faults += [
        f"{name} is not set; a signature needs {', '.join(names)}"
        for name in names
        if not keys.is_set(name)
    ]
    of_domain, of_selector, of_key = names
    found_domain = keys.take(of_domain, domain, "")
    found_selector = keys.take(of_selector, selector, "")
    source = keys.take(of_key, partial(_source, of_key, world=world, within=within), None)
    if source is None or not (found_domain and found_selector):
        return []
    return [Identity(found_domain, found_selector, source)]


def _source(name: str, value: Any, world: World, within: Within) -> Source:
    if callable(value):
        return Asked(name, _within(within, value), world.monotonic)
    key = load(_pem(value))
    _warn(name, key)
    return Fixed(key)


def _within(within: Within, ask: Callable[[], object]) -> Callable[[], object]:
    def ask_within() -> object:
        with within():
            return ask()

    return ask_within


def _pem(value: Any) -> bytes:
    """The value itself, or what stands in the file that it names."""
    if isinstance(value, bytes) or (isinstance(value, str) and "-----BEGIN" in value):
        return pem(value)
    if not isinstance(value, str | os.PathLike):
        raise ValueError(f"must be {_A_KEY}")
    try:
        return Path(value).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except ValueError:
        reason = "it is no path"
    raise ValueError(f"names no file that can be read ({reason}); it must be {_A_KEY}")


def _warn(name: str, key: Key) -> None:
    """RFC 8301 §3.2."""
    if 0 < key.bits < ENOUGH:
        logger.warning(
            "%s is an RSA key of %d bits, which not every receiver believes; make one of %d: `flask"
            " mail dkim-keygen`",
            *(name, key.bits, ENOUGH),
        )
    elif key.bits > MOST:
        logger.warning(
            "%s is an RSA key of %d bits; receivers need not read more than %d",
            *(name, key.bits, MOST),
        )


def _check_names(keys: Keys, identities: list[Identity]) -> None:
    names = [identity.name for identity in identities]
    if len(set(names)) < len(names):
        keys.faults.append(f"{SEVERAL} has two keys under one selector of one domain; DNS has one")


_SHAPE = (
    'must be a list (or JSON) of triples, [["example.com", "selector", "/path/to/key.pem"], ...]'
)
_A_KEY = "the path of a file, a key in PEM, or a callable that returns one"
