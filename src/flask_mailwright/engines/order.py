"""When and how a mail is to go, not what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import MessageError

Priority = Literal["high", "normal", "bulk"]
OnDoubt = Literal["retry", "hold"]


@dataclass(frozen=True, slots=True)
class Order:
    """`priority`: high goes before normal before bulk. `on_doubt`: for engines that retry.

    >>> Order(priority="urgent")
    Traceback (most recent call last):
    ...
    flask_mailwright.errors.MessageError: The message was not accepted: priority 'urgent' must be \
one of high, normal, bulk
    """

    priority: Priority = "normal"
    on_doubt: OnDoubt = "retry"

    def __post_init__(self) -> None:
        for name, choices in (("priority", Priority), ("on_doubt", OnDoubt)):
            value = getattr(self, name)
            if value not in get_args(choices):
                known = ", ".join(get_args(choices))
                raise MessageError([f"{name} {value!r} must be one of {known}"])

    @property
    def rank(self) -> int:
        """0 goes first."""
        return get_args(Priority).index(self.priority)
