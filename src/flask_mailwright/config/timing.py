"""MAIL_TIMEOUT and MAIL_TIMING: the numbers that decide behaviour, replaced by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..timing import Timing, seconds
from .keys import Keys
from .values import parsed, whole


def read_timing(keys: Keys) -> Timing:
    """MAIL_TIMEOUT for all deadlines, and MAIL_TIMING on top of it."""
    every = keys.take("MAIL_TIMEOUT", seconds, None)
    timing = Timing() if every is None else Timing().all(every)
    return keys.take("MAIL_TIMING", lambda value: _with_numbers(timing, value), timing)


def _with_numbers(timing: Timing, value: Any) -> Timing:
    numbers = parsed(value) if isinstance(value, str) else value
    known = set(Timing._fields)
    if not isinstance(numbers, Mapping) or not known.issuperset(numbers):
        raise ValueError(f"must be a dict (or JSON) of seconds by name: {', '.join(sorted(known))}")
    read: dict[str, Any] = {name: _number(name, number) for name, number in numbers.items()}
    return timing._replace(**read)


def _number(name: str, value: object) -> float:
    if name != "crashes":
        return seconds(value)
    if whole(value) < 1:
        raise ValueError("must have a whole number above 0 for crashes")
    return whole(value)
