"""The app's keys, taken one after another; what is wrong with them is kept to be told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import ConfigError
from .values import boolean

T = TypeVar("T")


def switch(values: Mapping[str, Any], key: str) -> bool | None:
    """A key that is true or false, as it stands now; None when it is not set."""
    value = values.get(key)
    if value is None or value is True or value is False:  # it is asked with each mail
        return value
    keys = Keys(values)
    del values
    chosen = keys.take(key, boolean, None)
    keys.finish()
    return chosen


class Keys:
    """Faults are told by key, never by value. A key that is None or "" is not set."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._cause: BaseException | None = None
        self.faults: list[str] = []

    def is_set(self, key: str) -> bool:
        """Whether it has a value, as far as environments can tell."""
        return self._values.get(key) not in (None, "")

    def is_empty(self, key: str) -> bool:
        """Whether it stands there without a value."""
        return bool(self._values.get(key) == "")

    def take(self, key: str, reader: Callable[[Any], T], default: T) -> T:
        """What `reader` makes of the value; the default when it is not set, or at fault."""
        if not self.is_set(key):
            return default
        try:
            return reader(self._values[key])
        except ConfigError as error:
            self.faults += error.faults
            self._cause = error.__cause__ or self._cause
        except ValueError as error:
            self.faults.append(f"{key} {error}")
        return default

    def finish(self) -> None:
        """Raise ConfigError with all that was found, if anything was."""
        if self.faults:
            raise ConfigError(self.faults) from self._cause
