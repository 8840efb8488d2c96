"""What may stand before a transport: it says of each mail what travels in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ..envelope import Receipt, SealedMail
from ..errors import MailError
from . import broken_off


class Passed(Protocol):
    """What becomes of one mail."""

    @property
    def parts(self) -> Sequence[SealedMail]:
        """The mails that travel, if any."""

    def receipt(self, receipts: Sequence[Receipt]) -> Receipt:
        """The mail's own, of those of its parts."""


class Passes(Protocol):
    """It may stand before a transport.

    `single`: of no mail there is more than one part, so that it may go over lanes. `lasts`: what it
    says of a mail holds a moment later too.
    """

    single: bool
    lasts: bool

    def passed(self, mail: SealedMail) -> Passed:
        """MailError when it reaches nobody."""

    def waits(self, mail: SealedMail) -> bool:
        """Whether that may take its time."""

    def foreseen(self, mail: SealedMail) -> Passed | None:
        """What it will most likely be, while nobody can wait; None when that is not known."""


class Whole(NamedTuple):
    """The mail goes, for all it is for."""

    mail: SealedMail

    @property
    def parts(self) -> tuple[SealedMail]:
        """One."""
        return (self.mail,)

    def receipt(self, receipts: Sequence[Receipt]) -> Receipt:
        """The very same."""
        return receipts[0]


class Kept(NamedTuple):
    """It goes to nobody, and is answered."""

    answer: Receipt
    parts: tuple[SealedMail, ...] = ()

    def receipt(self, receipts: Sequence[Receipt]) -> Receipt:
        """The answer."""
        return self.answer


def passed(before: Passes, mail: SealedMail) -> Passed:
    """What travels, whatever is wrong."""
    try:
        return before.passed(mail)
    except MailError as error:
        return Kept(broken_off(mail, error))
