"""What stands in a key, as environments and Python write it: each value read or refused.

A ValueError goes on behind the name of the key, and never quotes the value.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from ..address import Address
from ..errors import MessageError
from ..guard import guard

TRUE: tuple[object, ...] = (True, "true", "1", "yes", "on")
FALSE: tuple[object, ...] = (False, "false", "0", "no", "off")


def boolean(value: object) -> bool:
    """True and False, also as the words that environments hold.

    >>> boolean("False")
    False
    """
    word = value.strip().lower() if isinstance(value, str) else value
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueError("must be true or false")


def text(value: Any) -> str:
    """A string; a number was meant to be one, in an environment that is read as JSON."""
    if not isinstance(value, str):
        raise ValueError(
            "must be text; where the environment is read as JSON, put quotes within the quotes:"
            " '\"...\"'"
        )
    return value


def line(value: Any) -> str:
    """One line of text."""
    try:
        return guard("", text(value))
    except MessageError:
        raise ValueError("holds a line end or another control character; remove it") from None


def whole(value: Any) -> int:
    """0 for what is no whole number; more digits than any key needs are none either."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    return value if type(value) is int else 0


def sender(value: Any) -> Address:
    """One address, as a message takes it."""
    try:
        return Address.parse(tuple(value) if isinstance(value, list) else value)
    except MessageError:
        raise ValueError(
            "must be an address, (name, address) or Name <address>; quote a name with a comma"
        ) from None


def base_url(value: Any) -> str:
    """Where the app is for those who read its mail."""
    try:
        parts = urlsplit(line(value))
        whole = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        if not whole or parts.query or parts.fragment or parts.port == 0:
            raise ValueError
    except ValueError:
        raise ValueError("must read https://host or https://host/path") from None
    return text(value).rstrip("/")


def parsed(json_text: str) -> Any:
    """What the JSON says; None when it is none."""
    try:
        return json.loads(json_text)
    except (ValueError, RecursionError):
        return None
