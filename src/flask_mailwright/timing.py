"""The numbers that decide behaviour, all in seconds; `MAIL_TIMING` replaces them by name."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Timing:
    """Deadlines of a talk with a relay (RFC 5321 §4.5.3.2).

    `connect`: name look-up, TCP and nothing else. `reply`: from a command to the end of its
    reply, and the TLS handshake. `content`: the longest pause in which no byte of the content
    leaves. `final_dot`: from the end of the content to its reply.
    """

    connect: float = 10.0
    reply: float = 30.0
    content: float = 60.0
    final_dot: float = 30.0

    def all(self, seconds: float) -> Timing:
        """The same deadline everywhere; what `MAIL_TIMEOUT` means."""
        return replace(self, **{field.name: seconds for field in fields(self)})
