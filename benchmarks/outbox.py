"""What it costs that no mail is lost: the outbox beside a bare insert, PostgreSQL and Celery.

`submit`: a sealed mail of 10 KB is stored, by 1, 4 and 16 threads. `near` and `far`: from the call
of `send_email` to the relay's 250. `delivery`: one process empties an outbox, and how much memory
that takes. Contestants take turns; after each turn it is counted whether every mail is there, or
came once. `--json` prints the figures alone. The exit code is 1 only when one was lost or doubled.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this folder: its celery.py is not the package of that name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import queued, submitting, until_relayed
from benchmarks.flat import STATUS
from benchmarks.outbox_table import TABLES, goals
from benchmarks.peers import missing_postgresql, missing_redis
from benchmarks.send import verdicts
from benchmarks.submitting import DELAY, SERVER, TAKERS
from benchmarks.until_relayed import CELERY, OURS, WORKER, Line

PARTS = ("submit", "near", "far", "delivery")
THEIR_SHARE = {"near": 10, "far": 200}
"""They are slow: they send so many times fewer mails, and their rate is computed from those."""
PEERS = ("celery", "redis", "flask-mail", "psycopg", "flask")


def main() -> int:
    chosen = arguments()
    found = measure(chosen)
    print(json.dumps(found, indent=1) if chosen.json else "\n".join(table(found)))
    return 1 if found["wrong"] else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--quick", action="store_true", help="a tenth of the mails")
    parser.add_argument("--rounds", type=int, default=3, help="of each part (default: 3)")
    parser.add_argument("--mails", type=int, default=20_000, help="of near, far and delivery")
    parser.add_argument(
        "--round-trip", type=float, default=20, help="to what is far away, ms (default: 20)"
    )
    parser.add_argument(*("--only", "-o"), action="append", choices=PARTS, help="may be repeated")
    chosen = parser.parse_args()
    chosen.mails //= 10 if chosen.quick else 1
    chosen.only = chosen.only or list(PARTS)
    return chosen


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    wrong: list[str] = []
    left_out = dict(reasons())
    found = {part: measured(part, chosen, left_out, wrong) for part in chosen.only}
    return {
        "python": platform.python_version(),
        "peers": {name: version(name) for name in PEERS},
        "rounds": chosen.rounds,
        **found,
        "left_out": left_out,
        "goals": [asdict(goal) for goal in goals(found)],
        "wrong": wrong,
    }


def reasons() -> Iterator[tuple[str, str]]:
    """Who cannot run here, and why."""
    if missing := missing_redis():
        yield from ((name, missing) for name in (DELAY, CELERY))
    if missing := missing_postgresql():
        yield SERVER, missing
    if not STATUS.exists():
        yield "delivery", f"{STATUS} does not exist"


def measured(
    part: str, chosen: argparse.Namespace, left_out: dict[str, str], wrong: list[str]
) -> Any:
    print("--", part, file=sys.stderr, flush=True)
    if part == "submit":
        names = [name for name in TAKERS if name not in left_out]
        return submitting.figures(names, chosen.mails // 20, chosen.rounds, wrong)
    if part == "delivery":
        return [] if part in left_out else queued.figures(chosen.mails, chosen.rounds, wrong)
    theirs = max(10, chosen.mails // THEIR_SHARE[part])
    mails = {OURS: chosen.mails, WORKER: chosen.mails, CELERY: theirs}
    for name in left_out:
        mails.pop(name, None)
    line = Line(chosen.round_trip / 1e3 if part == "far" else 0.0, mails)
    return until_relayed.figures(line, chosen.rounds, wrong)


def table(found: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{name} {number}" for name, number in found["peers"].items())
    yield f"Python {found['python']}, {versions}; medians of {found['rounds']} rounds"
    for part, rows in TABLES.items():
        if found.get(part):
            yield from rows(found[part])
    yield from (f"\n{name}: left out: {why}" for name, why in found["left_out"].items())
    yield ""
    yield from verdicts(found)


if __name__ == "__main__":
    sys.exit(main())
