"""MAIL_ALLOWED_RECIPIENTS and MAIL_REDIRECT_TO: whom a copy of production may mail."""

from __future__ import annotations

import logging
from typing import Any

from ..address import Address
from ..errors import MessageError
from ..staging import Staging
from ..staging.allowlist import Allowlist
from .keys import Keys
from .values import parsed

logger = logging.getLogger("flask_mailwright")

ALLOWED, REDIRECT = "MAIL_ALLOWED_RECIPIENTS", "MAIL_REDIRECT_TO"


def read_staging(keys: Keys) -> Staging | None:
    """None when neither is set: mail goes to those it is for."""
    _warn_of_empty_ones(keys)
    if not (keys.is_set(ALLOWED) or keys.is_set(REDIRECT)):
        return None
    allowed = keys.take(ALLOWED, _allowed, Allowlist(frozenset()))
    return Staging(allowed, keys.take(REDIRECT, _redirect, ()))


def _warn_of_empty_ones(keys: Keys) -> None:
    """A variable that was to be filled, and was not, may be all that keeps mail from customers."""
    if empty := [key for key in (ALLOWED, REDIRECT) if keys.is_empty(key)]:
        logger.warning(
            "%s is empty, which is as if it were not set: fill it or unset it", " and ".join(empty)
        )


def _allowed(value: Any) -> Allowlist:
    if not (entries := _entries(value)):
        raise ValueError(
            "is an empty list: name whom mail may reach, or unset it; MAIL_SUPPRESS_SEND=true lets"
            " it reach nobody"
        )
    return Allowlist.of(entries)


def _redirect(value: Any) -> tuple[str, ...]:
    if not (entries := _entries(value)):
        raise ValueError(
            "is an empty list: name an address, or unset it; MAIL_ALLOWED_RECIPIENTS alone lets"
            " mail reach nobody else"
        )
    try:
        return tuple(dict.fromkeys([Address.parse(entry).wire for entry in entries]))
    except MessageError:
        raise ValueError("must be an address, or a list of addresses") from None


def _entries(value: Any) -> list[Any]:
    """Of a comma list, of JSON, or of Python's lists."""
    found = _listed(value.strip()) if isinstance(value, str) else value
    if not isinstance(found, list | tuple | set | frozenset):
        raise ValueError("must be a comma list, a list, or JSON of one")
    return list(found)


def _listed(text: str) -> Any:
    if text.startswith("["):
        return parsed(text)
    return [entry for entry in text.split(",") if entry.strip()]
