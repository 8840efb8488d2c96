"""The office: of all processes that share an outbox, one alone delivers by itself."""

from __future__ import annotations

from . import sidetables as sql
from .store import Store


def take_office(store: Store, now: float, lease: float) -> bool:
    """Be the one that holds it, or stay it; False when another is."""
    values = {"app": store.app, "owner": store.owner, "now": now}
    values |= {"lease": now + lease, "latest": now + 2 * lease}
    with store.database.transaction() as run:
        if run(sql.TAKE_OFFICE, values).changed == 1:
            return True
        if run(sql.SELECT_OFFICE, {"app": store.app}).rows:
            return False
        run(sql.found_office(store.database.dialect), {"app": store.app})
        return run(sql.TAKE_OFFICE, values).changed == 1


def leave_office(store: Store) -> None:
    """Another may deliver."""
    with store.database.transaction() as run:
        run(sql.LEAVE_OFFICE, {"app": store.app, "owner": store.owner})
