"""What one process has in its hands: claimed under a lease, begun and ended, or given back.

A mail belongs to whoever has claimed it until its lease lapses; nothing that somebody else may have
in hand meanwhile is changed by its former owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from ...timing import Timing
from ..order import BULK
from . import statements as sql
from .attempts import Attempts, End, Step, are_alike
from .database import Database, Otherwise, Run
from .dialect import SQLITE
from .rows import Claimed, Finished, Outcome, read_claimed


class Claims:
    """Those of the process that is called `owner`; all its threads share them."""

    def __init__(self, database: Database, app: str, owner: str, timing: Timing) -> None:
        self._database = database
        self._app = app
        self._owner = owner
        self._lease = timing.lease
        self._attempts = Attempts(owner, timing.lease, database.dialect.nests)
        self._select_due = {own: sql.select_due(database.dialect, own=own) for own in (True, False)}
        self._select_any = {own: sql.select_due(SQLITE, own=own) for own in (True, False)}
        """The same, unlocked."""
        self._select_held = sql.select_held(database.dialect)
        self._held: set[str] = set()
        """What is claimed and neither ended nor given back."""

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return id in self._held

    def claim(
        self, now: float, most: int, *, route: str = "", own: bool = False, bulk: bool = True
    ) -> list[Claimed]:
        """Up to `most` mails of a route that are due, for this process alone.

        `own`: that it submitted. `bulk`: of low priority too. What it still has in its hands,
        though the lease has lapsed, is none of them.
        """
        where = {"app": self._app, "owner": self._owner, "now": now, "route": route}
        with self._database.reading() as run:  # in vain it must not keep those waiting who put in
            if not _due(run, self._select_any[own], where, 1, bulk=bulk):
                return []
        with self._database.transaction() as run:
            due = _due(run, self._select_due[own], where, min(most, sql.WIDTH), bulk=bulk)
            ids = [id for id in due if id not in self._held]  # noqa: A001
            claimed = self._claimed(run, ids, now) if ids else []
        self._held.update([each.mail.id for each in claimed])
        return claimed

    def start(self, claimed: Claimed, now: float) -> Step:
        """Its content may leave; not so when it is no longer ours, or cancelled."""
        return Step(now, starts=claimed)

    def finish(
        self,
        claimed: Claimed,
        outcome: Outcome,
        began: float,
        now: float,
        following: Claimed | None = None,
    ) -> Step:
        """End one attempt and start the next."""
        return Step(now, End(claimed, outcome, began), following)

    def store(self, steps: Sequence[Step]) -> list[Finished]:
        """Do them in one transaction, which may be tried again; what each found, once committed."""
        if are_alike(steps):
            with suppress(Otherwise), self._database.transaction() as run:
                return self._attempts.store_all(run, steps)
        with self._database.transaction() as run:
            return [self._attempts.store(run, step) for step in steps]

    def let_go(self, claimed: Claimed) -> None:
        """It has ended here."""
        self._held.discard(claimed.mail.id)

    def release(self, claimed: Iterable[Claimed]) -> None:
        """Give back what was not begun; of what was and did not end the lease is left to lapse."""
        ids = [each.mail.id for each in claimed if each.mail.id in self._held]
        self._held.difference_update(ids)
        if not ids:
            return
        with self._database.transaction() as run:
            for id in ids:  # noqa: A001
                run(sql.RELEASE, {"id": id, "owner": self._owner})

    def give_back(self) -> None:
        """All that this process has claimed and not begun."""
        with self._database.transaction() as run:
            run(sql.GIVE_BACK, {"app": self._app, "owner": self._owner})

    def renew(self, now: float) -> None:
        """What this process has in its hands stays its own for another lease.

        What is in the middle of a step has one from that: who held some rows and waited for others
        would be waited for.
        """
        held = tuple(self._held)
        values = {"owner": self._owner, "lease": now + self._lease}
        for start in range(0, len(held), sql.WIDTH):
            with self._database.transaction() as run:
                mine = {**values, **_named(held[start : start + sql.WIDTH])}
                if free := [id for (id,) in run(self._select_held, mine).rows]:  # noqa: A001
                    run(sql.RENEW, {**values, **_named(free)})

    def _claimed(self, run: Run, due: list[str], now: float) -> list[Claimed]:
        mine = {**_named(due), "owner": self._owner}
        run(sql.CLAIM, {**mine, "lease": now + self._lease})
        rows = run(sql.SELECT_CLAIMED, mine).rows
        return [each for row in rows if (each := self._read(run, row, now)) is not None]

    def _read(self, run: Run, row: tuple[Any, ...], now: float) -> Claimed | None:
        """What we do not understand is held for somebody who does."""
        try:
            return read_claimed(row)
        except (ValueError, TypeError, KeyError) as error:
            reason = f"its record cannot be read: {error}"
            run(sql.PARK, {"id": row[0], "owner": self._owner, "reason": reason, "now": now})
            return None


def _due(run: Run, select: str, where: dict[str, Any], most: int, *, bulk: bool) -> list[str]:
    """One precedence after the other: so each is found at once, however many wait."""
    ids: list[str] = []
    for precedence in range(BULK + bulk):
        if len(ids) < most:
            values = {**where, "precedence": precedence, "most": most - len(ids)}
            ids += [id for (id,) in run(select, values).rows]  # noqa: A001
    return ids


def _named(ids: Sequence[str]) -> dict[str, Any]:
    """As a statement of fixed width names them."""
    unused = [""] * (sql.WIDTH - len(ids))
    return {f"id{number}": id for number, id in enumerate([*ids, *unused])}  # noqa: A001
