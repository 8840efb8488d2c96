"""A template in several languages: `welcome.de_AT`, `welcome.de` and `welcome`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import MessageError

_LOCALE = r"[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8})*"


def locale_name(value: object, field: str = "locale") -> str:
    """A locale as the names of files have it; MessageError for what is none.

    >>> locale_name("de-at"), locale_name("zh_hant_TW")
    ('de_AT', 'zh_Hant_TW')
    """
    if not re.fullmatch(_LOCALE, str(value)):
        raise MessageError([f"{field} {str(value)[:40]!r} must read like de or de_AT"])
    language, *rest = re.split("[_-]", str(value))
    return "_".join([language.lower(), *map(_subtag, rest)])


def variants(name: str, locale: str | None) -> Iterator[str]:
    """The names to look for, in order.

    >>> list(variants("mail/welcome", "de_AT"))
    ['mail/welcome.de_AT', 'mail/welcome.de', 'mail/welcome']
    """
    words = locale.split("_") if locale else []
    for count in range(len(words), 0, -1):
        yield f"{name}.{'_'.join(words[:count])}"
    yield name


def _subtag(word: str) -> str:
    """Scripts have four letters, territories two (RFC 5646 §2.1.1)."""
    return word.title() if len(word) == 4 and word.isalpha() else word.upper()
