"""A mail that its sender or an operator stops.

What is held does not go out any more either.
"""

from __future__ import annotations

from . import statements as sql
from .database import Run
from .standing import find_in
from .store import Store


def cancel(store: Store, id: str, now: float) -> bool:  # noqa: A002
    """True: nobody has got it or will. False: somebody may have, or it is under way."""
    with store.database.transaction(durable=True) as run:
        return cancel_in(run, store, id, now)


def cancel_in(run: Run, store: Store, id: str, now: float) -> bool:  # noqa: A002
    """The same in somebody else's transaction: so it will be when that is committed."""
    if run(sql.CANCEL, {"id": id, "app": store.app, "now": now}).changed:
        run(sql.ERASE, {"id": id})
    standing = find_in(run, store, id)
    if standing is None or standing.status != "cancelled" or standing.reached_somebody:
        return False
    return not run(sql.SELECT_DOUBTS, {"id": id}).rows
