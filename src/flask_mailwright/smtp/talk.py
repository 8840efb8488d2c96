"""An open talk with a relay, which carries one mail after another."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from ..world import World
from .capabilities import Capabilities
from .connection import Connection
from .failure import Broken, Failure
from .ledger import Ledger
from .pipeline import Ahead, Pipeline
from .relay import Relay
from .session import establish
from .stream import Security
from .waiting import Waiting, run


class Talk:
    """Connected, secured and logged in, or not made at all; `mails` counts what it was given.

    `careful`: command by command, whatever the relay offers.
    """

    def __init__(
        self,
        relay: Relay,
        world: World,
        context: Callable[[], ssl.SSLContext],
        *,
        careful: bool = False,
    ) -> None:
        self._connection = Connection(relay, world, context)
        self._pipeline = Pipeline(Capabilities())
        self.careful = careful
        self.opened = world.monotonic()
        self.mails = 0
        try:
            offer = self._connection.run(establish(relay, self._connection.hello))
        except BaseException as error:
            self.end(politely=isinstance(error, Failure))
            raise
        self.offer = offer
        self._pipeline = Pipeline(offer.without("PIPELINING") if careful else offer)

    @property
    def security(self) -> Security:
        """The TLS that is spoken."""
        return self._connection.security

    @property
    def usable(self) -> bool:
        """Whether another mail may be tried on it."""
        return self._connection.usable

    @property
    def silent(self) -> bool:
        """Whether the relay is still there and has nothing to say, as far as can be seen now."""
        return self._connection.silent

    @property
    def riding(self) -> Ledger | None:
        """The mail whose envelope was sent already: no other may come next."""
        return self._pipeline.riding

    @property
    def blocking(self) -> bool:
        """Whether it waits itself; else `carry` asks for that."""
        return self._connection.blocking

    @blocking.setter
    def blocking(self, blocking: bool) -> None:
        self._connection.blocking = blocking

    @property
    def final_dot(self) -> float:
        """Seconds for which the reply to a content is waited for."""
        return self._connection.final_dot

    @final_dot.setter
    def final_dot(self, seconds: float) -> None:
        self._connection.final_dot = seconds

    def carry(self, ledger: Ledger, ahead: Ahead) -> Waiting[None]:
        """Hand a mail over; the answers are in `ledger`, `Failure` says why some are missing."""
        self.mails += 1
        yield from self._connection.carry(self._pipeline.hand_over(ledger, ahead))

    def end(self, *, politely: bool = True) -> None:
        """QUIT, if anybody is there to hear it, and close; nothing is raised."""
        self.blocking = True
        if politely:
            run(self.part())
        self.hang_up()

    def part(self) -> Waiting[None]:
        """QUIT, and close once that is answered."""
        try:
            if self._connection.usable:
                yield from self._connection.carry(self._pipeline.part())
        except Broken:
            pass  # every mail has its answer: how the relay takes its leave changes none of them
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """Close without a word: what a forked child does with the talks of its parent."""
        self._connection.close()

    def cut(self) -> None:
        """From another thread: whoever carries a mail on it is told that it is broken."""
        self._connection.cut()
