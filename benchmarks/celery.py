"""Mail by an app's Celery: the tutorial's task (Flask-Mail in it) beside MAIL_ENGINE="celery".

All render the same templates in the process that calls `send_email` and share a broker; each has a
worker with the same number of children. `near` (loopback) and `far` (a line with a round trip) are
clocked from the call to the relay's 250, four threads calling as fast as they can; `calls` is what
a call takes when one comes each 20 ms. Contestants take turns; after each turn it is counted
whether every mail came once. `--json` prints the figures alone. The exit code is 1 only when one
was lost or doubled.
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

from benchmarks.jobs import PAYLOAD, POSTGRESQL, SQLITE, TUTORIAL, left_out, senders
from benchmarks.jobs_table import goals, rows
from benchmarks.peers import REDIS
from benchmarks.send import verdicts
from benchmarks.until_relayed import Line, figures

PEERS = ("celery", "kombu", "redis", "flask-mail", "flask")
PAUSE = 0.02
SHARES = {
    "calls": {SQLITE: 100, POSTGRESQL: 100, PAYLOAD: 100, TUTORIAL: 100},
    "near": {SQLITE: 1, POSTGRESQL: 4, PAYLOAD: 5, TUTORIAL: 10},
    "far": {SQLITE: 5, POSTGRESQL: 5, PAYLOAD: 50, TUTORIAL: 250},
}
"""So many times fewer mails each sends; the slow ones' rates are computed from those."""


def main() -> int:
    chosen = arguments()
    found = measure(chosen)
    print(json.dumps(found, indent=1) if chosen.json else "\n".join(table(found)))
    return 1 if found["wrong"] else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--rounds", type=int, default=3, help="of each part (default: 3)")
    parser.add_argument("--mails", type=int, default=20_000, help="of the fastest, near")
    parser.add_argument("--broker", default=REDIS, help=f"default: {REDIS}")
    parser.add_argument(
        "--round-trip", type=float, default=20, help="to what is far away, ms (default: 20)"
    )
    parser.add_argument(
        *("--children", "-c"), type=int, action="append", help="of each worker (default: 2 and 4)"
    )
    parser.add_argument(*("--only", "-o"), action="append", choices=SHARES, help="may be repeated")
    chosen = parser.parse_args()
    chosen.only = chosen.only or list(SHARES)
    chosen.children = chosen.children or [2, 4]
    return chosen


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    wrong: list[str] = []
    missing = left_out()
    parts = [
        measured(part, children, chosen, wrong)
        for part in chosen.only
        for children in chosen.children
    ]
    return {
        "python": platform.python_version(),
        "peers": {name: version(name) for name in PEERS},
        "broker": chosen.broker.partition("://")[0],
        "rounds": chosen.rounds,
        "parts": parts,
        "left_out": missing,
        "goals": [asdict(goal) for part in parts for goal in goals(part)],
        "wrong": wrong,
    }


def measured(
    part: str, children: int, chosen: argparse.Namespace, wrong: list[str]
) -> dict[str, Any]:
    print("--", part, children, file=sys.stderr, flush=True)
    missing = left_out()
    mails = {
        name: max(10, chosen.mails // share)
        for name, share in SHARES[part].items()
        if name not in missing
    }
    round_trip = chosen.round_trip / 1e3 if part == "far" else 0.0
    line = Line(round_trip, mails, PAUSE if part == "calls" else 0.0)
    runs = figures(line, chosen.rounds, wrong, senders(children, chosen.broker))
    return {"part": part, "children": children, "contestants": runs}


def table(found: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{name} {number}" for name, number in found["peers"].items())
    yield f"Python {found['python']}, {versions}; medians of {found['rounds']} rounds"
    for part in found["parts"]:
        yield from rows(part, found["broker"])
    yield from (f"\n{name}: left out: {why}" for name, why in found["left_out"].items())
    yield ""
    yield from verdicts(found)


if __name__ == "__main__":
    sys.exit(main())
