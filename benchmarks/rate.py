"""Whether several workers over one outbox keep to the rate of a relay together.

Each database has its own outbox of mails that wait, and four `flask mail worker`s that empty it for
60 s over a relay with `?rate=100/s`. The relay notes when it has a mail. Of all periods of 1 s and
of 10 s that begin with a mail the fullest counts. The exit code is 1 when a goal was missed.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

sys.path.pop(0)  # this folder: its celery.py is not the package of that name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compose import Goal
from flask_mailwright.testing import SMTPServer
from tests.crash.arrivals import Arrivals
from tests.crash.processes import TIMING, Processes, scratch
from tests.engines.outbox.databases import NAMES

CHUNK = 500
CALM = {**TIMING, "lease": 30.0, "renew": 10.0, "reply": 30.0, "final_dot_worker": 60.0}
"""Nothing but the rate shall keep a mail waiting."""


def main() -> int:
    chosen = arguments()
    met = True
    for name in chosen.databases:
        print(f"{name}, {chosen.workers} workers, ?rate={chosen.rate}/s, {chosen.seconds:g} s:")
        for goal in goals(measure(name, chosen), chosen):
            verdict = "met" if goal.met else "MISSED"
            print(f"  {verdict:7} {goal.what}: {goal.measured:.3f} (goal {goal.limit})", flush=True)
            met &= goal.met
    return 0 if met else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=NAMES, help=f"(default: {NAMES})")
    parser.add_argument("--rate", type=int, default=100, help="mails per second (default: 100)")
    parser.add_argument("--workers", type=int, default=4, help="(default: 4)")
    parser.add_argument("--seconds", type=float, default=60.0, help="(default: 60)")
    return parser.parse_args()


def measure(name: str, chosen: argparse.Namespace) -> Arrivals:
    """When mails came, from the first one on for so many seconds."""
    arrivals = Arrivals()
    with scratch(name) as processes, SMTPServer(keep=False, on_mail=arrivals.note) as server:
        processes.timing = dict(CALM)
        fill(processes, int(chosen.rate * (chosen.seconds * 1.1 + 2)))
        for _ in range(chosen.workers):
            processes.worker(f"{server.url}?rate={chosen.rate}/s")
        while not len(arrivals):
            threading.Event().wait(0.01)
        threading.Event().wait(chosen.seconds)
    return arrivals


def fill(processes: Processes, mails: int) -> None:
    for start in range(0, mails, CHUNK):
        processes.put(range(start, min(start + CHUNK, mails)))


def goals(arrivals: Arrivals, chosen: argparse.Namespace) -> list[Goal]:
    """As parts of the rate."""
    rate, seconds = chosen.rate, chosen.seconds
    second, ten = arrivals.most(1.0) / rate, arrivals.most(10.0) / rate / 10
    average = arrivals.within(seconds) / rate / seconds
    return [
        Goal("most in any 1 s", "at most 1.2", second, second <= 1.2),
        Goal("most in any 10 s", "at most 1.02", ten, ten <= 1.02),
        Goal("on average", "at least 0.95", average, average >= 0.95),
    ]


if __name__ == "__main__":
    sys.exit(main())
