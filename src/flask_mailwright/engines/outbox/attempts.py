"""One attempt at a mail, as its row keeps it: it starts, and it ends with what became of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import statements as sql
from .database import Found, Run
from .rows import Claimed, Outcome, replies_json


class Attempts(NamedTuple):
    """Those of the process that is called `owner`, which has a mail for `lease` seconds."""

    owner: str
    lease: float

    def start(self, run: Run, claimed: Claimed, now: float) -> Found:
        """Its content may leave; that changes nothing when it is no longer ours, or cancelled."""
        values = {"id": claimed.mail.id, "owner": self.owner, "attempt": claimed.attempts}
        return run(sql.START, {**values, "lease": now + self.lease})

    def finish(
        self, run: Run, claimed: Claimed, outcome: Outcome, began: float, now: float
    ) -> bool:
        """Whether it was ours: else somebody else has it by now, and his word counts."""
        values = self._ended(claimed, outcome, now)
        if run(sql.FINISH, values).changed == 0:
            return _was_stored(run, values, now, counted=outcome.counted)
        if outcome.status == "done":
            run(sql.ERASE, {"id": claimed.mail.id})
        if outcome.counted:
            _note(run, claimed, outcome, began, now)
        return True

    def _ended(self, claimed: Claimed, outcome: Outcome, now: float) -> dict[str, Any]:
        began_here = outcome.status != "expired"
        return {
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


def _was_stored(run: Run, values: dict[str, Any], now: float, *, counted: bool) -> bool:
    """By ourselves, the answer to whose commit was lost."""
    select = sql.SELECT_OWN_ATTEMPT if counted else sql.SELECT_OWN_END
    return bool(run(select, {**values, "now": now}).rows)


def _note(run: Run, claimed: Claimed, outcome: Outcome, began: float, now: float) -> None:
    error = outcome.receipt.error
    values = {"id": claimed.mail.id, "attempt": claimed.attempts, "began": began, "now": now}
    values |= {
        "kind": error.kind if error else "",
        "stage": error.stage if error else "",
        "text": "; ".join(map(str, outcome.receipt.replies)),
    }
    run(sql.INSERT_ATTEMPT, values)
