"""Which of the sent mails are meant, and what is said when they are not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ..address import Address
from ..errors import MessageError
from .sent import SentMail, cut, shortened

FIELDS: dict[str, Callable[[SentMail], Any]] = {
    "to": lambda mail: mail.to,
    "cc": lambda mail: mail.cc,
    "bcc": lambda mail: mail.bcc,
    "recipients": lambda mail: mail.recipients,
    "sender": lambda mail: mail.sender,
    "reply_to": lambda mail: mail.reply_to,
    "subject": lambda mail: mail.subject,
    "text": lambda mail: mail.text,
    "html": lambda mail: mail.html,
    "route": lambda mail: mail.route,
    "tags": lambda mail: mail.tags,
    "app": lambda mail: mail.app,
}
_PARTS = ("text", "html")
"""Of these a piece is enough."""
_LISTS = ("to", "cc", "bcc", "recipients", "reply_to", "tags")
_NO_TEXTS = (bytes, list, tuple, set, frozenset, dict)
_ADDRESSES = ("to", "cc", "bcc", "recipients", "sender", "reply_to")


def check(wanted: Mapping[str, object]) -> None:
    """TypeError for what no mail has: it would never be there, and never be missed."""
    for name, value in wanted.items():
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, 1)
            hint = f"; is {near[0]!r} meant?" if near else "."
            raise TypeError(f"a mail has no {name!r}{hint} It has: {', '.join(FIELDS)}")
        for each in _every(value) if name in _LISTS else [value]:
            if each is None or isinstance(each, _NO_TEXTS):
                raise TypeError(f"{name!r} is asked for by a text or a pattern, not by {each!r}")


def fits(mail: SentMail, wanted: Mapping[str, object]) -> bool:
    """Whether all that is wanted of it is so."""
    return all(_is(name, FIELDS[name](mail), value) for name, value in wanted.items())


def _is(name: str, found: Any, value: Any) -> bool:
    if isinstance(found, list):
        every = _every(value)
        if not every:
            return not found
        return all(any(_is_one(name, one, each) for one in found) for each in every)
    return _is_one(name, found, value)


def _every(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def _is_one(name: str, found: str, value: Any) -> bool:
    if isinstance(value, re.Pattern):
        return value.search(found) is not None
    if name in _PARTS:
        return str(value) in found
    if name in _ADDRESSES:
        return found.lower() == _as_sent(str(value)).lower()
    return found == str(value)


def _as_sent(address: str) -> str:
    """With the domain in ASCII; what is no address stands for nobody."""
    try:
        return Address.parse(address).wire
    except MessageError:
        return address


def told(
    count: str, wanted: Mapping[str, object], found: int, sent: Sequence[SentMail], waiting: int
) -> str:
    """The sentence of a failure, and below it what was sent."""
    what = ", ".join(f"{name}={_shown(value)}" for name, value in wanted.items())
    head = f"expected {count}{' with ' + what if what else ''}, found {found}"
    return cut([f"{head}; {_sent(sent, waiting)}", *_listed(sent)], 14)


def _shown(value: object) -> str:
    value = value.pattern if isinstance(value, re.Pattern) else value
    return shortened(value) if isinstance(value, str) else repr(value)


def _sent(sent: Sequence[SentMail], waiting: int) -> str:
    held = f" ({waiting} wait: for mailbox.deliver(), or their time)" if waiting else ""
    return f"{'sent were' if sent else 'nothing was sent'}{held}{':' if sent else ''}"


def _listed(sent: Iterable[SentMail]) -> list[str]:
    return [f"  {number}. {mail.told}" for number, mail in enumerate(sent, 1)]
