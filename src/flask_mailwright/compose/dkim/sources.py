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
PAUSE = 5.0
"""The same when there is none: mails that wait are not held up one by one by a vault that hangs."""


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
        self._reason = ""
        self._until = -inf

    @property
    def waits(self) -> bool:
        """Whether it must be asked."""
        return self._monotonic() >= self._until

    def current(self) -> Key:
        """DeliveryError of kind configuration when there was never one to be had."""
        if self.waits:
            self._ask_anew()
        if self._key is None:
            sentence = f"The mail cannot be signed. {self._name}: {self._reason}"
            raise DeliveryError(sentence, kind="configuration", stage="sign")
        return self._key

    def _ask_anew(self) -> None:
        good = GOOD
        try:
            self._key = _read(self._ask)
        except ValueError as fault:
            self._reason = str(fault)
            good = PAUSE if self._key is None else PATIENCE
            if self._key is not None:
                logger.warning("%s: %s; the key of before signs on", self._name, fault)
        self._until = self._monotonic() + good


def _read(ask: Callable[[], object]) -> Key:
    """ValueError when there is none, without any word of the callable's: it may hold the key."""
    try:
        found = ask()
    except Exception as error:  # noqa: BLE001 - it is told
        reason = f"its callable raised {raised(error)}"
    else:
        try:
            return load(pem(found))
        except ValueError as fault:
            reason = f"what its callable returns {fault}"
    raise ValueError(reason)


def pem(value: object) -> bytes:
    r"""A key as environments hold it too, where a line end is \n in two characters."""
    if isinstance(value, str):
        value = value.encode("utf-8", "replace")
    if not isinstance(value, bytes):
        raise ValueError("is no private key in PEM; `flask mail dkim-keygen` makes one")
    return value.replace(b"\\n", b"\n").strip()
