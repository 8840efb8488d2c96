"""One turn of a dialogue: what to say, how many replies are due, and how long to wait for them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from .failure import closing, out_of_turn
from .replies import RelayReply

Stage = Literal[
    "connect",
    "banner",
    "ehlo",
    "starttls",
    "tls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "body",
    "final_dot",
    "rset",
    "quit",
]
Wait = Literal["reply", "final_dot", "quit"]


class Step(NamedTuple):
    """Send `data` (one command, a group, or the content chunk by chunk), then read `replies`.

    The deadline `wait` runs from the last octet of `data` to the end of the first reply, and from
    there to the end of the next. `shown` is what a trace shows of data that is secret or long.
    `stages` are those of a group's commands.
    """

    data: bytes | Iterator[bytes]
    replies: int
    stage: Stage
    wait: Wait = "reply"
    shown: str | Callable[[], str] = ""
    stages: tuple[Stage, ...] = ()

    def at(self, answered: int) -> Stage:
        """The stage of the command behind so many that are answered."""
        return self.stages[answered] if self.stages else self.stage


class Handshake(NamedTuple):
    """Speak TLS from here on; what was read and not asked for is thrown away (RFC 3207 §4.2)."""


T = TypeVar("T")
Dialogue: TypeAlias = Generator[Step | Handshake, tuple[RelayReply, ...], T]
"""Yields steps and is sent their replies. When the talk breaks, `Broken` is thrown into it."""


def ask(line: bytes, stage: Stage, due: int) -> Dialogue[RelayReply]:
    """One command; its reply begins with `due`, 4 or 5, anything else ends the talk."""
    (reply,) = yield Step(line, 1, stage)
    if reply.code == 421:
        raise closing(reply, stage)
    if reply.category not in (due, 4, 5):
        raise out_of_turn(reply, stage)
    return reply
