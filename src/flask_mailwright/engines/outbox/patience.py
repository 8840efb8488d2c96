"""Whoever waits for a mail looks again and again, and bears for a while with a store that fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf

from ...errors import MailError

LOOK = 0.1
"""Seconds between two looks."""


def wait_for(
    done: Callable[[], bool],
    timeout: float | None,
    *,
    busy: float,
    monotonic: Callable[[], float],
) -> bool:
    """False when `timeout` seconds were too few; a store that fails is given as long as `busy`."""
    until = inf if timeout is None else monotonic() + timeout
    looked = monotonic()
    while True:
        try:
            if done():
                return True
            looked = monotonic()
        except MailError as error:
            patient = monotonic() < min(looked + busy, until)
            if error.kind != "temporary" or not patient:
                raise
        if monotonic() >= until:
            return False
        threading.Event().wait(LOOK)
