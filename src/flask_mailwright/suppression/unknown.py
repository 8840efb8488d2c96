"""Addresses of which their relay says that there is no such mailbox, if the app asks for that.

What else a 5yz may mean (a full mailbox, a policy, our own reputation, a bare 550) passes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from ..envelope import Receipt
from ..reply import Reply
from . import Suppressions

logger = logging.getLogger("flask_mailwright")

GONE = ("5.1.1", "5.1.6")
"""RFC 3463 §3.2: there is no such mailbox, or no more."""


def unknown(receipt: Receipt) -> Iterator[Reply]:
    """Those whose own RCPT was refused for that: to DATA one reply stands for several."""
    if receipt.error is not None and receipt.error.stage == "rcpt":
        for reply in receipt.failed:
            if reply.enhanced in GONE and not reply.transient:
                yield reply


def suppress_unknown(suppressions: Suppressions, replies: Iterable[Reply]) -> None:
    """From all mail, with the relay's words as the reason; nothing is raised."""
    for reply in replies:
        said = f"{reply.code} {reply.enhanced} {reply.text}".strip()
        try:
            suppressions.add(reply.address, said)
        except Exception as error:  # noqa: BLE001 - what became of the mail is recorded all the same
            logger.warning("an unknown mailbox is not on the suppression list: %s", error)
