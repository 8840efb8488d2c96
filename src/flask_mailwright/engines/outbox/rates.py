"""A relay's rate over all processes of an outbox: one row says when its next slot is.

Virtual scheduling (the GCRA of ITU-T I.371): who takes slots moves the row on by as many steps, in
one short transaction, and waits behind it. The time is the database's own, and what is given to a
process is a pause: so the clocks of hosts need not agree.
"""

from __future__ import annotations

from collections.abc import Callable

from ...smtp.rate import Rate, Slots, Wanted
from . import sidetables as sql
from .store import Store

BEHIND = 20
"""That part of the rate's own time may be made up for behind a silence."""
JUMP = 5.0
"""Seconds by which a clock that was put back is seen to be; less is waited for."""


def reserve(store: Store, wanted: Wanted, now: Callable[[], float]) -> Slots | None:
    """Take them; `now` is asked where the database is a file of this host."""
    slots = _reserved(store, wanted, now)
    if slots is None:
        _found(store, wanted.name)
        slots = _reserved(store, wanted, now)
    return slots


def first_slot(next_at: float, seen: float, now: float, rate: Rate) -> float:
    """When the next mail may go. A clock that was put forward looks like a silence.

    >>> first_slot(next_at=101.0, seen=100.0, now=100.5, rate=Rate(1, 1.0))
    101.0
    """
    if now < seen - JUMP:
        next_at -= seen - now
    return max(next_at, now - rate.seconds / BEHIND)


def _reserved(store: Store, wanted: Wanted, now: Callable[[], float]) -> Slots | None:
    """None as long as the relay has no row."""
    select = sql.select_rate(store.database.dialect)
    with store.database.transaction() as run:
        rows = run(select, {"id": wanted.name, "now": now()}).rows
        if not rows:
            return None
        next_at, seen, clock = map(float, rows[0])
        first = first_slot(next_at, seen, clock, wanted.rate)
        if first - clock > wanted.most:
            return Slots(first - clock, 0)
        next_at = first + wanted.mails * wanted.rate.step
        run(sql.MOVE_RATE, {"id": wanted.name, "next_at": next_at, "seen": clock})
    return Slots(first - clock, wanted.mails)


def _found(store: Store, name: str) -> None:
    """By itself: MariaDB calls it a deadlock when several do it and go on to lock the row."""
    with store.database.transaction() as run:
        run(sql.found_rate(store.database.dialect), {"id": name})
