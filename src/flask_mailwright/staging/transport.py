"""A transport reaches nobody but whom staging lets it: the mail goes over it as staged."""

from __future__ import annotations

from ..envelope import SealedMail
from ..transports import Delivers
from ..transports.before import TransportBefore
from . import Staging
from .staged import Staged


def staged(transport: Delivers, staging: Staging) -> TransportBefore:
    """Asks `staging` at delivery, whatever was noted when the mail was sealed."""
    return TransportBefore(transport, _Stage(staging))


class _Stage:
    """A mail may be two there."""

    single = False
    lasts = True

    def __init__(self, staging: Staging) -> None:
        self._staging = staging

    def passed(self, mail: SealedMail) -> Staged:
        """As the settings of this process say."""
        return Staged.of(mail, self._staging)

    def waits(self, mail: SealedMail) -> bool:
        """Nobody is asked."""
        return False

    def foreseen(self, mail: SealedMail) -> None:
        """There is no need."""
