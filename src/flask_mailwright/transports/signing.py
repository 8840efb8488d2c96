"""Mail is signed as it leaves: a transport gets what `signer` makes of it.

A mail that cannot be signed reaches nobody, and keeps no other.
"""

from __future__ import annotations

from typing import Protocol

from ..envelope import SealedMail
from . import Delivers
from .before import TransportBefore
from .passing import Whole


class Signs(Protocol):
    """Makes a mail as it leaves of one that was sealed."""

    def sign(self, mail: SealedMail) -> SealedMail:
        """MailError when it cannot be."""

    def waits(self, mail: SealedMail) -> bool:
        """Whether that may take its time."""


def signing(transport: Delivers, signer: Signs) -> TransportBefore:
    """Each mail is signed once, whatever relays it is tried at."""
    return TransportBefore(transport, _Signature(signer))


class _Signature:
    """Only a key that is asked for is waited for."""

    single = True
    lasts = True

    def __init__(self, signer: Signs) -> None:
        self._signer = signer
        self.waits = signer.waits

    def passed(self, mail: SealedMail) -> Whole:
        """Signed."""
        return Whole(self._signer.sign(mail))

    def foreseen(self, mail: SealedMail) -> None:
        """Its size is not known before it is signed."""
