"""How the figures of mail through Celery are shown, and what we mean to reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.compose import Goal
from benchmarks.jobs import POSTGRESQL, SQLITE, TUTORIAL
from benchmarks.outbox_table import at_least, at_most

FASTER = {"near": 4, "far": 10}
"""How many times the tutorial's rate ours should be at least."""


def goals(part: dict[str, Any]) -> Iterator[Goal]:
    name, runs = part["part"], part["contestants"]
    what = "p50 of a call" if name == "calls" else "mails/s"
    for ours in (each for each in (SQLITE, POSTGRESQL) if each in runs):
        title = f"{name}, {part['children']} children: {what}, {ours} / {TUTORIAL}"
        if name == "calls":
            yield at_most(title, runs[ours]["p50"] / runs[TUTORIAL]["p50"], 1)
        else:
            yield at_least(title, runs[ours]["rate"] / runs[TUTORIAL]["rate"], FASTER[name])


def rows(part: dict[str, Any], broker: str) -> Iterator[str]:
    runs = part["contestants"]
    yield f"\n{part['part']}, {broker}, a worker with {part['children']} children"
    yield f"  {'':40} {'mails':>7} {'mails/s':>9} {'times':>7} {'p50 of a call, ms':>18}"
    for name, run in runs.items():
        times = run["rate"] / runs[TUTORIAL]["rate"]
        yield f"  {name:40} {run['mails']:7,} {run['rate']:9,.1f} {times:7.1f} {run['p50']:18.3f}"
