"""One attempt at a mail, as its row keeps it: it starts, and it ends with what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from . import statements as sql
from .database import Found, Otherwise, Run
from .rows import Claimed, Finished, Outcome, replies_json


class End(NamedTuple):
    """What became of an attempt that began at `began`."""

    claimed: Claimed
    outcome: Outcome
    began: float

    @property
    def is_plain(self) -> bool:
        """It is over, all went well, and there is nothing to say about it."""
        outcome = self.outcome
        return outcome.status == "done" and outcome.counted and not outcome.reason


class Step(NamedTuple):
    """The end of one mail's attempt, the start of the next one's, or both: all of it or nothing."""

    now: float
    ends: End | None = None
    starts: Claimed | None = None


class Attempts(NamedTuple):
    """Those of the process that is called `owner`, which has a mail for `lease` seconds.

    `nests`: as a dialect says it.
    """

    owner: str
    lease: float
    nests: bool

    def store(self, run: Run, step: Step) -> Finished:
        """What is no longer ours, or cancelled, is not changed: somebody else's word counts."""
        started = self._start(run, step.starts, step.now) if step.starts else None
        ended = step.ends is not None and self._end(run, step.ends, step.now)
        return Finished(ended, started is not None and started.changed == 1)

    def store_all(self, run: Run, steps: Sequence[Step]) -> list[Finished]:
        """The same of steps that `are_alike`, with one statement for as much as a dialect can.

        Otherwise, here or at the end of the transaction, when one mail is not as it was left.
        """
        ends = [step.ends for step in steps if step.ends]
        starts, values = sum(step.starts is not None for step in steps), self._all(steps)
        if ends and self.nests:
            run(sql.step_all(starts, len(ends)), values)
        else:
            _start_all(run, starts, values)
            _end_all(run, ends, values)
        return [Finished(step.ends is not None, step.starts is not None) for step in steps]

    def _all(self, steps: Sequence[Step]) -> dict[str, Any]:
        last = max(step.now for step in steps)
        ended = [_noted(step.ends, step.now) for step in steps if step.ends]
        started = [_following(step.starts) for step in steps if step.starts]
        values = {"owner": self.owner, "lease": last + self.lease, "last": last}
        return {**values, **sql.numbered(ended), **sql.numbered(started)}

    def _start(self, run: Run, claimed: Claimed, now: float) -> Found:
        values = {"id": claimed.mail.id, "owner": self.owner, "attempt": claimed.attempts}
        return run(sql.START, {**values, "lease": now + self.lease})

    def _end(self, run: Run, end: End, now: float) -> bool:
        """Whether it was ours."""
        outcome, values = end.outcome, self._ended(end.claimed, end.outcome, now)
        if run(sql.FINISH, values).changed == 0:
            return _was_stored(run, values, now, counted=outcome.counted)
        if outcome.status == "done":
            run(sql.ERASE, {"id": end.claimed.mail.id})
        if outcome.counted:
            run(sql.insert_attempts(1), _noted(end, now))
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


def _start_all(run: Run, starts: int, values: dict[str, Any]) -> None:
    if starts and run(sql.start_all(starts), values).changed != starts:
        raise Otherwise(_OTHERWISE, stage="store")


def _end_all(run: Run, ends: Sequence[End], values: dict[str, Any]) -> None:
    if not ends:
        return
    if run(sql.finish_all(len(ends)), values).changed != len(ends):
        raise Otherwise(_OTHERWISE, stage="store")
    for end in ends:  # MariaDB looks for several in all rows, and waits for whoever puts one in
        run(sql.ERASE, {"id": end.claimed.mail.id})
    run(sql.insert_attempts(len(ends)), values)


def are_alike(steps: Sequence[Step]) -> bool:
    """Whether one statement of a kind can say what they are: all went well, at the same attempt."""
    ends = [step.ends for step in steps if step.ends]
    ended = {end.claimed.attempts for end in ends}
    started = {step.starts.attempts for step in steps if step.starts}
    return len(ended) < 2 and len(started) < 2 and all(end.is_plain for end in ends)


def _was_stored(run: Run, values: dict[str, Any], now: float, *, counted: bool) -> bool:
    """By ourselves, the answer to whose commit was lost."""
    select = sql.SELECT_OWN_ATTEMPT if counted else sql.SELECT_OWN_END
    return bool(run(select, {**values, "now": now}).rows)


def _following(claimed: Claimed) -> dict[str, Any]:
    return {"next": claimed.mail.id, "begins": claimed.attempts}


def _noted(end: End, now: float) -> dict[str, Any]:
    error = end.outcome.receipt.error
    return {
        "id": end.claimed.mail.id,
        "attempt": end.claimed.attempts,
        "began": end.began,
        "now": now,
        "kind": error.kind if error else "",
        "stage": error.stage if error else "",
        "text": "; ".join(map(str, end.outcome.receipt.replies)),
        "replies": replies_json(end.outcome.replies),
    }


_OTHERWISE = "a mail is not as it was left"
