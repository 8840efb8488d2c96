"""What goes back into the queue: mails of processes that ended, and what a clock put off.

A mail that was begun may have gone out. It is tried again, unless its sender wants it to be held,
or it has ended too many processes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...timing import Timing
from . import statements as sql
from .database import Run
from .store import Store


class _Lapsed(NamedTuple):
    """A mail whose attempt began and whose lease is over."""

    id: str
    owner: str
    attempts: int
    crashes: int
    on_doubt: str
    lease: float


def recover(store: Store, now: float) -> int:
    """Take back what dead processes had in hand, and what a clock put off; how many crashed."""
    values = _astray(store, now)
    with store.database.reading() as run:
        if not run(sql.SELECT_ASTRAY, values).rows:
            return 0
    with store.database.transaction() as run:
        run(sql.RELEASE_LAPSED, values)
        run(sql.HASTEN, values)
        select = sql.select_lapsed(store.database.dialect)
        lapsed = [_Lapsed(*row) for row in run(select, values).rows]
        others = [each for each in lapsed if each.id not in store.claims]
        return sum(_crashed(run, each, store.timing, now) for each in others)


def _astray(store: Store, now: float) -> dict[str, Any]:
    """Beyond these moments no clock that is right puts a lease or a pause."""
    latest, far = now + 2 * store.timing.lease, now + 2 * store.timing.retry_most
    return {"app": store.app, "now": now, "latest": latest, "far": far}


def _crashed(run: Run, lapsed: _Lapsed, timing: Timing, now: float) -> int:
    reason = _objection(lapsed, timing.crashes)
    values = {"id": lapsed.id, "owner": lapsed.owner, "attempt": lapsed.attempts, "now": now}
    stays = {"status": "held", "ended": now} if reason else {"status": "queued", "ended": None}
    count = run(sql.CRASHED, {**values, **stays, "reason": reason}).changed
    if count:
        began = min(lapsed.lease - timing.lease, now)
        run(sql.insert_attempts(1), {**values, **_DOUBT, "began": began})
    return count


def _objection(lapsed: _Lapsed, most: int) -> str:
    """Why it is not tried again."""
    crashes = lapsed.crashes + 1
    if lapsed.on_doubt == "hold":
        return "the process that had it in hand ended; it may have gone out"
    return f"parked: {crashes} processes ended while they had it" if crashes >= most else ""


_DOUBT = {
    "kind": "in_doubt",
    "stage": "engine",
    "text": "the process that had it in hand ended",
}
