"""What waits in an outbox: for which routes, and how much of it could go now, or when."""

from __future__ import annotations

from .. import Delivery
from . import statements as sql
from .store import Store

_FIRST_ROUTE, _NEXT_ROUTE = sql.next_route(">="), sql.next_route(">")


def routes(store: Store) -> list[str]:
    """For which any mail waits that nobody has claimed, though it may not be due."""
    found: list[str] = []
    with store.database.reading() as run:
        values = {"app": store.app, "route": ""}
        rows = run(_FIRST_ROUTE, values).rows
        while rows:
            found.append(rows[0][0])
            rows = run(_NEXT_ROUTE, {**values, "route": found[-1]}).rows
    return found


def deliverable(store: Store, delivery: Delivery) -> int:
    """How many may go from here, without what others submitted for a route that reaches nobody."""
    now = delivery.world.now()
    if not delivery.takes_all():
        return count_own(store, now)
    count = count_all(store, now)
    if count:
        local = [route for route in routes(store) if delivery.way(route).local]
        count -= sum(count_of_others(store, now, route) for route in local)
    return count


def next_due(store: Store) -> float | None:
    """When the next one may go, in seconds since 1970; None when none waits."""
    with store.database.reading() as run:
        ((due,),) = run(sql.NEXT_DUE, {"app": store.app}).rows
    return None if due is None else float(due)


def count_all(store: Store, now: float) -> int:
    """How many are due or in hand."""
    return _count(store, sql.COUNT_OPEN, now)


def count_own(store: Store, now: float) -> int:
    """Those of them that this process submitted."""
    return _count(store, sql.COUNT_OWN, now)


def count_of_others(store: Store, now: float, route: str) -> int:
    """Those of a route that other processes submitted."""
    return _count(store, sql.COUNT_OF_OTHERS, now, route)


def _count(store: Store, statement: str, now: float, route: str = "") -> int:
    values = {"app": store.app, "owner": store.owner, "now": now, "route": route}
    with store.database.reading() as run:
        ((count,),) = run(statement, values).rows
    return int(count)
