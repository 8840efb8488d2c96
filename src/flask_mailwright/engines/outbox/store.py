"""The outbox as a place: what is put in, claimed, begun, ended and found again.

A mail belongs to whoever has claimed it until its lease lapses; nothing that somebody else may have
in hand meanwhile is changed by its former owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from ...envelope import SealedMail
from ...errors import MailError
from ...reply import Reply
from ...timing import Timing
from ..order import BULK
from . import schema
from . import statements as sql
from .database import Database, Run
from .dialect import SQLITE
from .groupcommit import GroupCommit
from .rows import Claimed, Finished, Outcome, Standing, Stored, read_replies, replies_json
from .together import Together

_FIRST_ROUTE, _NEXT_ROUTE = sql.next_route(">="), sql.next_route(">")
_Row = tuple[dict[str, Any], dict[str, Any]]


class Store:
    """One app's mails in one database, seen by one process, whose name is `owner`."""

    def __init__(self, database: Database, app: str, owner: str, timing: Timing) -> None:
        self.owner = owner
        self._database = database
        self._app = app
        self._timing = timing
        dialect = database.dialect
        self._insert = sql.insert_mail(dialect)
        self._found_office = sql.found_office(dialect)
        self._select_due = {own: sql.select_due(dialect, own=own) for own in (True, False)}
        self._select_any = {own: sql.select_due(SQLITE, own=own) for own in (True, False)}
        """The same, unlocked."""
        self._group = GroupCommit(self._put_surely, patience=0.9 * timing.busy)
        self._together = Together(database, patience=0.9 * timing.busy)
        self._held: set[str] = set()
        """What is claimed and neither ended nor given back."""

    def check_tables(self) -> None:
        """MailError of kind configuration, with the command that makes them, when they are not."""
        with self._database.reading() as run:
            run(sql.SELECT_NO_MAIL)
            run(sql.SELECT_OFFICE, {"app": self._app})

    @property
    def has_tables(self) -> bool:
        """Whether there is any need to make them."""
        try:
            self.check_tables()
        except MailError as error:
            if error.kind != "configuration":
                raise
            return False
        return True

    def make_tables(self) -> None:
        """If they are not there; who finds them needs no right to make any."""
        if not self.has_tables:
            with self._database.transaction(durable=True) as run:
                for statement in schema.statements(self._database.dialect):
                    run(statement)

    def put(self, mails: Sequence[Stored]) -> None:
        """When this returns they survive whatever happens to this process and machine."""
        self._group.add([self._row(stored) for stored in mails])

    def put_in(self, run: Run, mails: Sequence[Stored]) -> set[str]:
        """Put them into somebody else's transaction; the ids of those that were not there yet."""
        return self._put_rows(run, [self._row(stored) for stored in mails])

    def claim(
        self, now: float, most: int, *, route: str = "", own: bool = False, bulk: bool = True
    ) -> list[Claimed]:
        """Up to `most` mails of a route that are due, for this process alone.

        `own`: that it submitted. `bulk`: of low priority too.
        """
        who = {"app": self._app, "owner": self.owner, "now": now, "route": route}
        with self._database.reading() as run:  # in vain it must not keep those waiting who put in
            if not _due(run, self._select_any[own], who, 1, bulk=bulk):
                return []
        with self._database.transaction() as run:
            due = _due(run, self._select_due[own], who, min(most, sql.WIDTH), bulk=bulk)
            if not due:
                return []
            ids = _ids(due)
            run(sql.CLAIM, {**who, **ids, "lease": now + self._timing.lease})
            rows = run(sql.SELECT_CLAIMED, {**ids, "owner": self.owner}).rows
            claimed = [found for row in rows if (found := self._read(run, row, now)) is not None]
        self._held.update([each.mail.id for each in claimed])
        return claimed

    def routes(self) -> list[str]:
        """For which any mail waits that nobody has claimed, though it may not be due."""
        found: list[str] = []
        with self._database.reading() as run:
            values = {"app": self._app, "route": ""}
            rows = run(_FIRST_ROUTE, values).rows
            while rows:
                found.append(rows[0][0])
                rows = run(_NEXT_ROUTE, {**values, "route": found[-1]}).rows
        return found

    def start(self, claimed: Claimed, now: float) -> bool:
        """Its content may leave; False when it is no longer ours, or cancelled."""
        return self._together.run(lambda run: self._start(run, claimed, now))

    def finish(
        self,
        claimed: Claimed,
        outcome: Outcome,
        began: float,
        now: float,
        following: Claimed | None = None,
    ) -> Finished:
        """End one attempt and start the next in one transaction."""

        def step(run: Run) -> Finished:
            ended = self._finish(run, claimed, outcome, began, now)
            return Finished(ended, following is not None and self._start(run, following, now))

        finished = self._together.run(step)
        self._held.discard(claimed.mail.id)
        return finished

    def release(self, claimed: Iterable[Claimed]) -> None:
        """Give back what was not begun; of what was and did not end the lease is left to lapse."""
        ids = [each.mail.id for each in claimed if each.mail.id in self._held]
        self._held.difference_update(ids)
        if not ids:
            return
        with self._database.transaction() as run:
            for id in ids:  # noqa: A001
                run(sql.RELEASE, {"id": id, "owner": self.owner})

    def renew(self, now: float) -> None:
        """What this process has in its hands stays its own for another lease."""
        held = tuple(self._held)
        if not held:
            return
        values = {"owner": self.owner, "lease": now + self._timing.lease}
        with self._database.transaction() as run:
            for start in range(0, len(held), sql.WIDTH):
                run(sql.RENEW, {**values, **_ids(held[start : start + sql.WIDTH])})

    def recover(self, now: float) -> int:
        """Take back what dead processes had in hand, and what a clock put off; how many crashed."""
        latest, far = now + 2 * self._timing.lease, now + 2 * self._timing.retry_most
        values = {"app": self._app, "now": now, "latest": latest, "far": far}
        with self._database.reading() as run:
            if not run(sql.SELECT_ASTRAY, values).rows:
                return 0
        with self._database.transaction() as run:
            run(sql.RELEASE_LAPSED, values)
            run(sql.HASTEN, values)
            rows = run(sql.SELECT_LAPSED, values).rows
            return sum(self._crashed(run, row, now) for row in rows)

    def take_office(self, now: float, lease: float) -> bool:
        """Be the one process that delivers by itself, or stay it; False when another is."""
        values = {"app": self._app, "owner": self.owner, "now": now}
        values |= {"lease": now + lease, "latest": now + 2 * lease}
        with self._database.transaction() as run:
            if run(sql.TAKE_OFFICE, values).changed == 1:
                return True
            if run(sql.SELECT_OFFICE, {"app": self._app}).rows:
                return False
            run(self._found_office, {"app": self._app})
            return run(sql.TAKE_OFFICE, values).changed == 1

    def leave_office(self) -> None:
        """Another may deliver."""
        with self._database.transaction() as run:
            run(sql.LEAVE_OFFICE, {"app": self._app, "owner": self.owner})

    def cancel(self, id: str, now: float) -> bool:  # noqa: A002
        """True: nobody has got it or will. False: somebody may have, or it is under way.

        What is held does not go out any more either.
        """
        with self._database.transaction(durable=True) as run:
            return self.cancel_in(run, id, now)

    def cancel_in(self, run: Run, id: str, now: float) -> bool:  # noqa: A002
        """The same in somebody else's transaction: so it will be when that is committed."""
        if run(sql.CANCEL, {"id": id, "app": self._app, "now": now}).changed:
            run(sql.ERASE, {"id": id})
        standing = self.find_in(run, id)
        if standing is None or standing.status != "cancelled" or standing.reached_somebody:
            return False
        return not run(sql.SELECT_DOUBTS, {"id": id}).rows

    def find(self, id: str) -> Standing | None:  # noqa: A002
        """What is known about a mail; None when nothing is (any more)."""
        with self._database.reading() as run:
            return self.find_in(run, id)

    def find_in(self, run: Run, id: str) -> Standing | None:  # noqa: A002
        """The same, as a transaction sees it."""
        rows = run(sql.SELECT_MAIL, {"id": id, "app": self._app}).rows
        if not rows:
            return None
        status, created, message_id, replies, reason, crashes = rows[0]
        return Standing(status, created, message_id, read_replies(replies), reason, crashes)

    def forget_in(self, run: Run, id: str) -> None:  # noqa: A002
        """As if it had never been put into this transaction."""
        run(sql.ERASE, {"id": id})
        run(sql.FORGET, {"id": id, "app": self._app})

    def waiting(self, now: float, *, own: bool = False) -> int:
        """How many are due or in hand, of all or of those that this process submitted."""
        values = {"app": self._app, "owner": self.owner, "now": now}
        with self._database.reading() as run:
            (count,) = run(sql.COUNT_OWN if own else sql.COUNT_OPEN, values).rows[0]
        return int(count)

    def waiting_of_others(self, now: float, route: str) -> int:
        """How many of a route that other processes submitted are due or in hand."""
        values = {"app": self._app, "owner": self.owner, "now": now, "route": route}
        with self._database.reading() as run:
            (count,) = run(sql.COUNT_OF_OTHERS, values).rows[0]
        return int(count)

    def prune(self, *, contents_before: float, mails_before: float) -> tuple[int, int]:
        """Forget what ended long ago: first the contents, later that there was a mail.

        Returns how many of each.
        """
        contents_before = max(contents_before, mails_before)
        with self._database.transaction() as run:
            contents = run(sql.PRUNE_CONTENT, {"app": self._app, "before": contents_before})
            run(sql.PRUNE_ATTEMPTS, {"app": self._app, "before": mails_before})
            mails = run(sql.PRUNE_MAILS, {"app": self._app, "before": mails_before})
        return contents.changed, mails.changed

    def give_back(self) -> None:
        """All that this process has claimed and not begun."""
        with self._database.transaction() as run:
            run(sql.GIVE_BACK, {"app": self._app, "owner": self.owner})

    @property
    def database(self) -> Database:
        """Where it is."""
        return self._database

    @property
    def app(self) -> str:
        """Whose mails these are."""
        return self._app

    def news(self) -> object:
        """Changes when another process may have put something in."""
        return self._database.news()

    def close(self) -> None:
        """Close what is open."""
        self._database.close()

    def _row(self, stored: Stored) -> _Row:
        return {**stored.values(), "app": self._app}, stored.content()

    def _put_surely(self, rows: list[_Row]) -> None:
        """No error when only the answer to our commit was lost: whoever hears one sends again."""
        try:
            self._put(rows)
        except MailError as error:
            if error.kind != "temporary" or not self._are_there(rows):
                raise

    def _are_there(self, rows: list[_Row]) -> bool:
        with suppress(MailError), self._database.reading() as run:
            return all(run(sql.SELECT_ID, {"id": _id(row)}).rows for row in rows)
        return False

    def _put(self, rows: list[_Row]) -> None:
        with self._database.transaction(durable=True) as run:
            self._put_rows(run, rows)

    def _put_rows(self, run: Run, rows: list[_Row]) -> set[str]:
        put = set()
        for mail, content in sorted(rows, key=_id):  # in one order, so that no two wait in turn
            if run(self._insert, mail).changed == 1:
                run(sql.INSERT_CONTENT, content)
                put.add(mail["id"])
        return put

    def _read(self, run: Run, row: tuple[Any, ...], now: float) -> Claimed | None:
        id, since, expires, on_doubt, attempts, crashes, replies, record, content = row  # noqa: A001
        try:
            mail = SealedMail.from_json(record, bytes(content))
            known: tuple[Reply, ...] = read_replies(replies)
        except (ValueError, TypeError, KeyError) as error:
            self._park(run, id, f"its record cannot be read: {error}", now)
            return None
        return Claimed(mail, since, expires, on_doubt, attempts + 1, crashes, known)

    def _park(self, run: Run, id: str, reason: str, now: float) -> None:  # noqa: A002
        """Hold what we do not understand for somebody who does."""
        run(sql.PARK, {"id": id, "owner": self.owner, "reason": reason, "now": now})

    def _start(self, run: Run, claimed: Claimed, now: float) -> bool:
        values = {"id": claimed.mail.id, "owner": self.owner, "attempt": claimed.attempts}
        return run(sql.START, {**values, "lease": now + self._timing.lease}).changed == 1

    def _finish(
        self, run: Run, claimed: Claimed, outcome: Outcome, began: float, now: float
    ) -> bool:
        began_here = outcome.status != "expired"
        values = {
            "id": claimed.mail.id,
            "owner": self.owner,
            "before": "sending" if began_here else "queued",
            "attempt": claimed.attempts if began_here else claimed.attempts - 1,
            "attempts": claimed.attempts if outcome.counted else claimed.attempts - 1,
            "status": outcome.status,
            "due": outcome.due,
            "ended": None if outcome.status == "queued" else now,
            "replies": replies_json(outcome.replies),
            "reason": outcome.reason,
        }
        if run(sql.FINISH, values).changed == 0:
            # Somebody else has it by now, and his word counts; unless only the answer to our own
            # commit was lost.
            return bool(run(sql.SELECT_OWN_ATTEMPT, {**values, "now": now}).rows)
        if outcome.status == "done":
            run(sql.ERASE, {"id": claimed.mail.id})
        if outcome.counted:
            self._note(run, claimed, outcome, began, now)
        return True

    def _note(self, run: Run, claimed: Claimed, outcome: Outcome, began: float, now: float) -> None:
        error = outcome.receipt.error
        values = {"id": claimed.mail.id, "attempt": claimed.attempts, "began": began, "now": now}
        values |= {
            "kind": error.kind if error else "",
            "stage": error.stage if error else "",
            "text": "; ".join(map(str, outcome.receipt.replies)),
        }
        run(sql.INSERT_ATTEMPT, values)

    def _crashed(self, run: Run, row: tuple[Any, ...], now: float) -> int:
        id, owner, attempts, crashes, on_doubt, lease = row  # noqa: A001
        if id in self._held:
            return 0
        status, reason = "queued", ""
        if on_doubt == "hold":
            status, reason = "held", "the process that had it in hand ended; it may have gone out"
        elif crashes + 1 >= self._timing.crashes:
            status, reason = "held", f"parked: {crashes + 1} processes ended while they had it"
        values = {"id": id, "owner": owner, "attempt": attempts, "now": now}
        ended = now if status == "held" else None
        facts = {**values, "status": status, "reason": reason, "ended": ended}
        count = run(sql.CRASHED, facts).changed
        if count:
            began = min(lease - self._timing.lease, now)
            text = "the process that had it in hand ended"
            note = {**values, "began": began, "kind": "in_doubt", "stage": "engine", "text": text}
            run(sql.INSERT_ATTEMPT, note)
        return count


def _id(row: _Row) -> str:
    return str(row[0]["id"])


def _ids(ids: Sequence[str]) -> dict[str, Any]:
    """As a statement of fixed width names them."""
    unused = [""] * (sql.WIDTH - len(ids))
    return {f"id{number}": id for number, id in enumerate([*ids, *unused])}  # noqa: A001


def _due(run: Run, select: str, where: dict[str, Any], most: int, *, bulk: bool) -> list[str]:
    """One precedence after the other: so each is found at once, however many wait."""
    ids: list[str] = []
    for precedence in range(BULK + bulk):
        if len(ids) < most:
            values = {**where, "precedence": precedence, "most": most - len(ids)}
            ids += [id for (id,) in run(select, values).rows]  # noqa: A001
    return ids
