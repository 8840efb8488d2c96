"""A copy of production that mails nobody but whom it may: what its settings say of a recipient."""

from __future__ import annotations

from typing import NamedTuple

from ..envelope import Envelope
from .allowlist import Allowlist


class Staging(NamedTuple):
    """The allowed keep their mail; all others' goes to `redirect`, without any to nobody.

    Whoever is in `redirect` is allowed.

    >>> staging = Staging(Allowlist.of(["example.org"]), ("qa@example.org",))
    >>> staging.instead_of("ann@example.org"), staging.instead_of("ann@example.com")
    (None, ('qa@example.org',))
    """

    allowed: Allowlist
    redirect: tuple[str, ...] = ()

    def instead_of(self, address: str) -> tuple[str, ...] | None:
        """Who gets the mail in place of this recipient; None: nobody else."""
        if self.allowed.allows(address) or address.lower() in map(str.lower, self.redirect):
            return None
        return self.redirect

    def note(self, envelope: Envelope) -> Envelope:
        """The same with `instead` at each recipient, whatever stood there."""
        recipients = [
            each._replace(instead=self.instead_of(each.address)) for each in envelope.recipients
        ]
        return envelope._replace(recipients=tuple(recipients))
