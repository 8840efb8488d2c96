"""When and how a mail is to go, not what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, get_args

from ..errors import MessageError
from ..guard import guard

Priority = Literal["high", "normal", "bulk"]
OnDoubt = Literal["retry", "hold"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""The one that goes first, first."""
_CHOICES = {"priority": PRIORITIES, "on_doubt": get_args(OnDoubt)}
_RANKS = {name: rank for rank, name in enumerate(PRIORITIES)}
BULK = _RANKS["bulk"]
"""Its rank, the last."""
When: TypeAlias = datetime | timedelta | None


@dataclass(frozen=True, slots=True)
class Order:
    """`priority`: high goes before normal before bulk. `on_doubt`: for engines that retry.

    `at`: not before, `expires`: not behind, both in seconds since 1970, None for neither.
    `key`: a second mail of the app with the same one is the first.

    >>> Order(priority="urgent")
    Traceback (most recent call last):
    ...
    flask_mailwright.errors.MessageError: The message was not accepted: priority 'urgent' must be \
one of high, normal, bulk
    """

    priority: Priority = "normal"
    on_doubt: OnDoubt = "retry"
    at: float | None = None
    expires: float | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise MessageError([f"{name} {value!r} must be one of {', '.join(choices)}"])

    @classmethod
    def planned(cls, now: float, at: When, expires: When, **others: Any) -> Order:
        """With moments, or spans from `now`, in the place of seconds.

        >>> Order.planned(1000.0, timedelta(minutes=1), None).at
        1060.0
        """
        begins, ends = _moment("at", at, now), _moment("expires", expires, now)
        if ends is not None and ends <= max(begins or now, now):
            raise MessageError(["expires lies before the mail may go; choose a later one"])
        if (key := others.get("key")) is not None:
            others["key"] = _key(key)
        return cls(at=begins, expires=ends, **others)

    @property
    def rank(self) -> int:
        """0 goes first."""
        return _RANKS[self.priority]


def _moment(field: str, value: When, now: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, timedelta):
        return now + value.total_seconds()
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise MessageError(
            [f"{field} must be a timedelta or a datetime with its time zone:"
             " datetime.now(timezone.utc) + timedelta(hours=1)"]
        )  # fmt: skip
    return value.timestamp()


def _key(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise MessageError([f"key {value!r} must be a text that names this mail in the app"])
    return guard("key", value)
