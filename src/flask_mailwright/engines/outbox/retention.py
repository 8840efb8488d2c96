"""What ended long ago: its content is erased first, and later it is forgotten."""

from __future__ import annotations

from . import statements as sql
from .store import Store

KEEP = 30 * 86_400.0
"""Seconds for which it is known that there was a mail."""


def prune(store: Store, *, contents_before: float, mails_before: float) -> tuple[int, int]:
    """Erase contents and forget mails that ended before these moments; how many of each."""
    contents_before = max(contents_before, mails_before)
    with store.database.transaction() as run:
        contents = run(sql.PRUNE_CONTENT, {"app": store.app, "before": contents_before})
        run(sql.PRUNE_ATTEMPTS, {"app": store.app, "before": mails_before})
        mails = run(sql.PRUNE_MAILS, {"app": store.app, "before": mails_before})
    store.database.wipe()
    return contents.changed, mails.changed
