"""`unsubscribe_url` in templates: the link of whoever the mail is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..errors import MessageError

_PEOPLE: ContextVar[list[Any]] = ContextVar("people")


@contextmanager
def written_to(people: list[Any]) -> Iterator[None]:
    """Templates in the block are a mail to these."""
    token = _PEOPLE.set(people)
    try:
        yield
    finally:
        _PEOPLE.reset(token)


def url_of_reader(url: Callable[[object, str], str]) -> Callable[[str], str]:
    """What templates call, with the name of a list; `url` makes the link of an address."""

    def unsubscribe_url(list: str) -> str:  # noqa: A002 - as in Python
        people = _PEOPLE.get([])
        if len(people) != 1:
            raise MessageError([_NOT_ONE.format(list)])
        return url(people[0], list)

    return unsubscribe_url


_NOT_ONE = (
    "unsubscribe_url({!r}) is one reader's own link, and works in mail to one recipient only:"
    " compose one for each and pass them to mail.send_many or send_many_later"
)
