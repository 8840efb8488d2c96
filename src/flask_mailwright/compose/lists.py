"""The fields of a mailing list's mail: which list, and how to leave it (RFC 2919, 2369, 8058)."""

from __future__ import annotations

import re

from ..errors import MessageError
from .checks import verbatim

ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail program posts to leave, and what the field List-Unsubscribe-Post says (RFC 8058)."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = rf"{_ATOM}(?:\.{_ATOM})*"
_MOST = 255
"""Characters of a List-Id (RFC 2919 §2)."""


def label(value: object) -> str:
    """A list's name, as a List-Id has it (RFC 2919 §2)."""
    if not isinstance(value, str) or not re.fullmatch(_LABEL, value) or len(value) > _MOST // 2:
        raise MessageError(
            [f"list {value!r} is no name of a list: write a short word of ASCII letters, digits,"
             " - and _, such as news or weekly-offers"]
        )  # fmt: skip
    return value


def fields(name: str, domain: str, way_out: str) -> dict[str, str]:
    """Those of one mail of a list; `way_out` is the URL at which its reader leaves it, if any.

    >>> fields("news", "example.com", "")
    {'List-Id': '<news.example.com>'}
    """
    found = {"List-Id": _list_id(name, domain)}
    if way_out:
        url = verbatim("the link to leave the list", "List-Unsubscribe", f"<{way_out}>")
        found |= {"List-Unsubscribe": url, "List-Unsubscribe-Post": ONE_CLICK}
    return found


def _list_id(name: str, domain: str) -> str:
    found = f"{name}.{domain}"
    if len(found) > _MOST or domain.startswith("["):
        raise MessageError(
            [f"list {name!r} and the sender's domain {domain!r} make no List-Id: it must be a name"
             f" of at most {_MOST} characters"]
        )  # fmt: skip
    return f"<{found}>"
