"""An open talk with a relay, which carries one mail after another."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from ..envelope import SealedMail
from ..world import World
from .connection import Connection
from .failure import Broken, Failure
from .ledger import Ledger
from .relay import Relay
from .session import establish, part
from .transaction import hand_over


class Talk:
    """Connected, secured and logged in, or not made at all; `mails` counts what it carried."""

    def __init__(self, relay: Relay, world: World, context: Callable[[], ssl.SSLContext]) -> None:
        self._connection = Connection(relay, world, context)
        self._dirty = False
        self.mails = 0
        try:
            self._offer = self._connection.run(establish(relay, self._connection.hello))
        except BaseException as error:
            self.end(politely=isinstance(error, Failure))
            raise

    @property
    def usable(self) -> bool:
        """Whether another mail may be tried on it."""
        return self._connection.usable

    def carry(self, mail: SealedMail, ledger: Ledger) -> None:
        """Hand a mail over; the answers are in `ledger`, `Failure` says why some are missing."""
        self._dirty = self._connection.run(hand_over(mail, self._offer, ledger, dirty=self._dirty))
        self.mails += 1

    def end(self, *, politely: bool = True) -> None:
        """QUIT, if anybody is there to hear it, and close; nothing is raised."""
        try:
            if politely and self._connection.usable:
                self._connection.run(part())
        except Broken:
            pass  # every mail has its answer: how the relay takes its leave changes none of them
        finally:
            self._connection.close()
