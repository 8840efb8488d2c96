"""The numbers that decide behaviour, all in seconds; `MAIL_TIMING` replaces them by name."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

LONGEST = 20 * 86_400.0
"""20 days; sockets know no time-out over 24."""


class Timing(NamedTuple):
    """Deadlines of a talk with a relay (RFC 5321 §4.5.3.2).

    `connect`: TCP; to look the name up takes what the system's resolver takes, on top. `reply`:
    from a command to the end of its reply, and the TLS handshake. `content`: the longest pause in
    which no byte of the content leaves. `final_dot`: from the end of the content to its reply, when
    a caller waits; `final_dot_worker`: the same in an engine's thread, for which nobody waits.
    `idle` is no deadline: for so long a connection that nobody needs is kept for the next mail.

    Of the outbox: a mail in hand belongs to a process for the `lease`, which is renewed each
    `renew`. It is tried again after `retry_first`, each time `retry_factor` as long as before, but
    no longer than `retry_most`, for `retry_for` in all. When its process has died in the middle
    `crashes` times it is parked. At the end of a process the mail in hand has the `grace`. For a
    database that does not answer a mail waits as long as `busy`. One process delivers for the
    `office`, and says so three times as often that it goes on. A Celery worker looks into it each
    `sweep`, whether a job has come or not.
    """

    connect: float = 10.0
    reply: float = 30.0
    content: float = 60.0
    final_dot: float = 30.0
    final_dot_worker: float = 600.0
    idle: float = 25.0
    lease: float = 30.0
    renew: float = 10.0
    retry_first: float = 10.0
    retry_factor: float = 3.0
    retry_most: float = 4 * 3600.0
    retry_for: float = 5 * 86_400.0
    crashes: int = 5
    grace: float = 25.0
    busy: float = 30.0
    office: float = 10.0
    sweep: float = 60.0

    def all(self, seconds: float) -> Timing:
        """The same for every deadline; what `MAIL_TIMEOUT` means."""
        deadlines: dict[str, Any] = dict.fromkeys(self._fields[:5], seconds)
        return self._replace(**deadlines)


def seconds(value: object) -> float:
    """A number of seconds, also as the text that environments hold; ValueError if it is none.

    >>> seconds("30")
    30.0
    """
    number = 0.0
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = float(value)
    if not 0 < number <= LONGEST:
        raise ValueError(f"must be a number of seconds above 0, at most {LONGEST:.0f}")
    return number
