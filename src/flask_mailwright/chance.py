"""Names that never come twice and that nobody can guess."""

from __future__ import annotations

import os
import time

OCTETS = 10
DRAWN = 100
"""Names for which chance is drawn at once: each drawing lets the other threads run instead."""


class Tokens:
    """Any thread may ask; a forked child draws anew, so it has none of its parent's.

    It asks itself whether it is one: uWSGI forks without telling Python.
    """

    def __init__(self) -> None:
        self._process = 0
        self._drawn: list[bytes] = []

    def __call__(self) -> str:
        """The moment in front, as in UUIDv7 (RFC 9562): a database keeps neighbours together.

        >>> len(Tokens()())
        32
        """
        return f"{time.time_ns() // 1_000_000:012x}{self._chance().hex()}"

    def _chance(self) -> bytes:
        if self._process != (process := os.getpid()):
            self._drawn, self._process = [], process
        try:
            return self._drawn.pop()
        except IndexError:
            drawn = os.urandom(OCTETS * DRAWN)
        self._drawn += [drawn[at : at + OCTETS] for at in range(OCTETS, len(drawn), OCTETS)]
        return drawn[:OCTETS]
