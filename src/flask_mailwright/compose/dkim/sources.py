"""Where keys come from: read when the app starts, or asked of a callable when mail is signed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import inf

from ...errors import DeliveryError
from ...secret import raised
from .keys import Key, load

logger = logging.getLogger("flask_mailwright")

GOOD = 300.0
"""Seconds for which the answer of a callable is good: a key that changes needs no restart."""
PATIENCE = 30.0
"""Seconds until it is asked again when it had none, as long as there is the one of before."""


class Fixed:
    """A key that was there from the start."""

    waits = False

    def __init__(self, key: Key) -> None:
        self._key = key

    def current(self) -> Key:
        """It."""
        return self._key


class Asked:
    """A key that `ask` gives, as PEM; `name` is the setting that has it.

    It is asked when the first mail is signed in a process. A key that cannot be renewed is still
    good.
    """

    def __init__(
        self, name: str, ask: Callable[[], object], monotonic: Callable[[], float]
    ) -> None:
        self._name = name
        self._ask = ask
        self._monotonic = monotonic
        self._key: Key | None = None
        self._until = -inf

    @property
    def waits(self) -> bool:
        """Whether it must be asked."""
        return self._key is None or self._monotonic() >= self._until

    def current(self) -> Key:
        """DeliveryError of kind configuration when there was never one to be had."""
        if self._key is not None and not self.waits:
            return self._key
        try:
            key, good = self._asked(), GOOD
        except DeliveryError as error:
            if self._key is None:
                raise
            key, good = self._key, PATIENCE
            logger.warning("%s; the key of before signs on", error)
        self._key, self._until = key, self._monotonic() + good
        return key

    def _asked(self) -> Key:
        try:
            found = self._ask()
        except Exception as error:  # noqa: BLE001 - its text may hold the key
            reason = f"its callable raised {raised(error)}"
        else:
            try:
                return load(pem(found))
            except ValueError as fault:
                reason = f"what its callable returns {fault}"
        sentence = f"The mail cannot be signed. {self._name}: {reason}"
        raise DeliveryError(sentence, kind="configuration", stage="sign")


def pem(value: object) -> bytes:
    r"""A key as environments hold it too, where a line end is \n in two characters."""
    if isinstance(value, str):
        value = value.encode("utf-8", "replace")
    if not isinstance(value, bytes):
        raise ValueError("is no private key in PEM; `flask mail dkim-keygen` makes one")
    return value.replace(b"\\n", b"\n").strip()
