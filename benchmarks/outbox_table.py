"""How the outbox's figures are shown, and what we mean to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.compose import Goal
from benchmarks.submitting import BARE, DELAY, SUBMIT
from benchmarks.until_relayed import CELERY, WORKER

FASTER = 10
"""Times, than the tutorial's."""
RATE, DURABLE_RATE, MEMORY = 2500, 1500, 64
MANY = 1000
"""Mails from which on it does not matter how long a process takes to begin."""


def submit_rows(found: dict[str, Any]) -> Iterator[str]:
    for threads, takers in found.items():
        yield f"\nsubmit: a mail of 10 KB, {threads} threads"
        yield f"  {'':32} {'p50 ms':>9} {'p99 ms':>9} {'mails/s':>9}"
        for name, run in takers.items():
            yield f"  {name:32} {run['p50']:9.3f} {run['p99']:9.3f} {run['rate']:9,.0f}"


def relayed_rows(title: str, found: dict[str, Any]) -> Iterator[str]:
    yield f"\n{title}: from the call of send_email until the last mail is relayed"
    yield f"  {'':36} {'mails':>7} {'mails/s':>9} {'ms/call':>8}"
    for name, run in found.items():
        yield f"  {name:36} {run['mails']:7,} {run['rate']:9,.1f} {run['call']:8.3f}"


def delivery_rows(found: list[dict[str, Any]]) -> Iterator[str]:
    yield "\ndelivery: one process empties an outbox"
    yield f"  {'mails':>7} {'synchronous':>12} {'mails/s':>9} {'MB more than without a mail':>29}"
    for run in found:
        yield f"  {run['mails']:7,} {run['sync']:>12} {run['rate']:9,} {run['grown']:29.1f}"


TABLES: dict[str, Callable[[Any], Iterator[str]]] = {
    "submit": submit_rows,
    "near": lambda found: relayed_rows("near", found),
    "far": lambda found: relayed_rows("far", found),
    "delivery": delivery_rows,
}


def goals(found: dict[str, Any]) -> Iterator[Goal]:
    """Those of what was run."""
    if takers := found.get("submit"):
        yield from _submit_goals(takers["1"], takers["16"])
    for part in ("near", "far"):
        if CELERY in (senders := found.get(part, {})):
            ratio = senders[WORKER]["rate"] / senders[CELERY]["rate"]
            yield at_least(f"{part}: mails/s, flask mail worker / {CELERY}", ratio, FASTER)
    if runs := found.get("delivery"):
        yield from _delivery_goals(runs)


def _submit_goals(alone: dict[str, Any], crowd: dict[str, Any]) -> Iterator[Goal]:
    p50 = alone[SUBMIT]["p50"]
    yield at_most("submit, 1 thread: p50 / bare insert's", p50 / alone[BARE]["p50"], 1.5)
    if DELAY in alone:
        yield at_most("submit, 1 thread: p50 / Celery's", p50 / alone[DELAY]["p50"], 0.6)
    ours, bare = crowd[SUBMIT], crowd[BARE]
    yield at_least("submit, 16 threads: mails/s / bare insert's", ours["rate"] / bare["rate"], 10)
    yield at_most("submit, 16 threads: p99 / bare insert's", ours["p99"] / bare["p99"], 0.1)


def _delivery_goals(runs: list[dict[str, Any]]) -> Iterator[Goal]:
    for run in (run for run in runs if run["mails"] >= MANY):
        limit = DURABLE_RATE if run["sync"] == "FULL" else RATE
        yield at_least(f"delivery of {run['mails']:,}, {run['sync']}: mails/s", run["rate"], limit)
    most = max(run["grown"] for run in runs)
    yield at_most("delivery: MB more than without a mail", most, MEMORY)


def at_least(what: str, measured: float, limit: float) -> Goal:
    return Goal(what, f">= {limit:,}", round(measured, 2), measured >= limit)


def at_most(what: str, measured: float, limit: float) -> Goal:
    return Goal(what, f"<= {limit:,}", round(measured, 3), measured <= limit)
