"""A relay's rate over all processes of an outbox: one row says when its next slot is.

Virtual scheduling (the GCRA of ITU-T I.371): who takes slots moves the row on by as many steps, in
one short transaction, and waits behind it. The time is the database's own, and what is given to a
process is a pause: so the clocks of hosts need not agree.
"""

from __future__ import annotations

from collections.abc import Callable

from ...smtp.rate import Rate, Slots, Wanted
from . import statements as sql
from .database import Run
from .store import Store

BEHIND = 20
"""That part of the rate's own time may be made up for behind a silence."""
JUMP = 5.0
"""Seconds by which a clock that was put back is seen to be; less is waited for."""


def reserve(store: Store, wanted: Wanted, now: Callable[[], float]) -> Slots:
    """Take them; `now` is asked where the database is a file of this host."""
    with store.database.transaction() as run:
        next_at, seen, clock = _row(run, store, wanted.name, now)
        first = first_slot(next_at, seen, clock, wanted.rate)
        if first - clock > wanted.most:
            return Slots(first - clock, 0)
        next_at = first + wanted.mails * wanted.rate.step
        run(sql.MOVE_RATE, {"id": wanted.name, "next_at": next_at, "seen": clock})
    return Slots(first - clock, wanted.mails)


def first_slot(next_at: float, seen: float, now: float, rate: Rate) -> float:
    """When the next mail may go. A clock that was put forward looks like a silence.

    >>> first_slot(next_at=101.0, seen=100.0, now=100.5, rate=Rate(1, 1.0))
    101.0
    """
    if now < seen - JUMP:
        next_at -= seen - now
    return max(next_at, now - rate.seconds / BEHIND)


def _row(run: Run, store: Store, name: str, now: Callable[[], float]) -> tuple[float, float, float]:
    """It is locked until the transaction ends."""
    dialect = store.database.dialect
    select = sql.select_rate(dialect)
    if not (rows := run(select, {"id": name, "now": now()}).rows):
        run(sql.found_rate(dialect), {"id": name})
        rows = run(select, {"id": name, "now": now()}).rows
    next_at, seen, clock = map(float, rows[0])
    return next_at, seen, clock
