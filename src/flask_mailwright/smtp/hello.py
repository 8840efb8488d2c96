"""The name we greet with: valid, and never looked up (RFC 5321 §4.1.1.1, §4.1.3)."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?=[^.]*[A-Za-z]){_LABEL}")


def hello_name(hostname: str, local: Any) -> str:
    """The host's name if it is a dotted domain, else the literal of the socket's own address.

    >>> hello_name("web1.example.com", ("10.0.0.7", 40000))
    'web1.example.com'
    >>> hello_name("web1", ("::1", 40000, 0, 0))
    '[IPv6:::1]'
    """
    if len(hostname) <= 255 and _DOMAIN.fullmatch(hostname):
        return hostname
    try:
        address = ipaddress.ip_address(local[0].partition("%")[0])
    except (ValueError, IndexError, AttributeError):
        return "[127.0.0.1]"
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"
