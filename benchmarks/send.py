"""What sending costs, with Flask-Mail, Flask-Mailman and smtplib beside us.

All send in turn from this one process, as in an app whose imports are done; what a round costs is
the wall time and this process's CPU time per mail, composing included. The relays (a sink, a
private Postfix) and the line that makes them far away are processes of their own. After each run
the relay is asked whether every mail came once; every 100th is parsed and compared with what was
put in. `--json` prints the figures alone. The exit code is 1 only when a mail was lost, doubled or
not read as composed.
"""

from __future__ import annotations

import argparse
import json
import platform
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

sys.path.pop(0)  # this folder: its celery.py is not the package of that name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.beside import ROOT, Beside
from benchmarks.contestants import FLASK_MAIL, FLASK_MAIL_SEND, Load
from benchmarks.drafts import text_and_html
from benchmarks.flat import STATUS
from benchmarks.relays import in_sink, relay_for, wrongs
from benchmarks.rounds import interleaved, medians
from benchmarks.scenarios import MEMORY, SCENARIOS, goals
from tests.judges.postfix import Postfix

MEMORY_MAILS = 100_000


def main() -> int:
    chosen = arguments()
    figures = measure(chosen)
    print(json.dumps(figures, indent=1) if chosen.json else table(figures))
    return 1 if figures["wrong"] else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--quick", action="store_true", help="a quarter of the mails, two rounds")
    parser.add_argument("--rounds", type=int, help="of each scenario (default: 5)")
    parser.add_argument(
        "--round-trip", type=float, default=20, help="to what is far away, ms (default: 20)"
    )
    parser.add_argument(
        *("--only", "-o"), action="append", choices=[*SCENARIOS, MEMORY], help="may be repeated"
    )
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 5)
    chosen.share = 4 if chosen.quick else 1
    chosen.only = chosen.only or [*SCENARIOS, MEMORY]
    return chosen


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    wrong: list[str] = []
    left_out = dict(reasons())
    names = [name for name in SCENARIOS if name in chosen.only and name not in left_out]
    scenarios = {name: scenario_figures(name, chosen, wrong) for name in names}
    wanted = MEMORY in chosen.only and MEMORY not in left_out
    memory = memory_figures(MEMORY_MAILS // chosen.share, wrong) if wanted else None
    return {
        "python": platform.python_version(),
        "peers": {name: version(name) for name in ("flask-mail", "flask-mailman", "flask")},
        "rounds": chosen.rounds,
        "scenarios": scenarios,
        "memory": memory,
        "left_out": {name: why for name, why in left_out.items() if name in chosen.only},
        "goals": [asdict(goal) for goal in goals(scenarios, memory)],
        "wrong": wrong,
    }


def reasons() -> Iterator[tuple[str, str]]:
    """What cannot be measured here, and why."""
    if missing := Postfix.missing():
        yield from ((name, missing) for name in SCENARIOS if SCENARIOS[name].offer is None)
    if not STATUS.exists():
        yield MEMORY, f"{STATUS} does not exist"


def scenario_figures(name: str, chosen: argparse.Namespace, wrong: list[str]) -> dict[str, Any]:
    print("--", name, file=sys.stderr, flush=True)
    scenario = SCENARIOS[name].shared(chosen.share)
    round_trip = chosen.round_trip / 1e3 if scenario.far else 0.0
    with relay_for(scenario, round_trip) as relay:
        noop = noop_millis(relay.where.port)
        runs = list(interleaved(scenario, relay, chosen.rounds))
    wrong += [f"{name}: {run.contestant}: {what}" for run in runs for what in run.wrong]
    figures = {
        contestant: {"mails": mails, **medians(runs, contestant)}
        for contestant, mails in scenario.mails.items()
    }
    return {"title": scenario.title, "noop_ms": noop, "contestants": figures}


def noop_millis(port: int) -> float:
    """What a question and its answer take, as smtplib asks."""
    taken = []
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        for _ in range(5):
            started = time.perf_counter()
            client.noop()
            taken.append(time.perf_counter() - started)
    return round(median(taken) * 1e3, 2)


def memory_figures(mails: int, wrong: list[str]) -> dict[str, Any]:
    """MB: with the first mails sent, at the end, at most, and how much that is more."""
    with Beside("benchmarks.sink", "PIPELINING", "CHUNKING") as sink:
        command = [sys.executable, "-m", "benchmarks.flat", str(sink.port), str(mails)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
        arrived = in_sink(sink, mails)
    wrong += [f"{MEMORY}: {what}" for what in wrongs(Load(text_and_html, range(mails)), arrived)]
    found = json.loads(done.stdout)
    return {"mails": mails, **found, "grown": round(found["most"] - found["settled"], 1)}


def table(figures: dict[str, Any]) -> str:
    scenarios = figures["scenarios"].items()
    tables = (line for name, scenario in scenarios for line in times(name, scenario))
    return "\n".join([*heading(figures), *tables, *rest(figures), *verdicts(figures)])


def heading(figures: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{name} {number}" for name, number in figures["peers"].items())
    yield f"Python {figures['python']}, {versions}; medians of {figures['rounds']} rounds"


def times(name: str, scenario: dict[str, Any]) -> Iterator[str]:
    figures = scenario["contestants"]
    peer = figures[FLASK_MAIL if FLASK_MAIL in figures else FLASK_MAIL_SEND]
    yield f"\n{name}: {scenario['title']}; a NOOP takes {scenario['noop_ms']} ms"
    yield f"  {'':32} {'mails':>6} {'ms/mail':>9} {'faster':>8} {'CPU µs':>9} {'less':>7}"
    for contestant, found in figures.items():
        wall, cpu = found["wall"], found["cpu"]
        yield (
            f"  {contestant:32} {found['mails']:6} {wall / 1e3:9.3f} {peer['wall'] / wall:7.1f}x"
            f" {cpu:9,.0f} {peer['cpu'] / cpu:6.1f}x"
        )


def rest(figures: dict[str, Any]) -> Iterator[str]:
    if memory := figures["memory"]:
        settled, last, most = (f"{memory[when]:.1f}" for when in ("settled", "last", "most"))
        yield f"\n{MEMORY}: {memory['mails']:,} small mails through send_many from a generator, MB"
        yield f"  behind 5,000 {settled}, at the end {last}, at most {most}"
    yield from (f"\n{name}: left out: {why}" for name, why in figures["left_out"].items())
    yield ""


RIGHT = "Every mail came once, and was read as it was composed."


def verdicts(figures: dict[str, Any], right: str = RIGHT) -> Iterator[str]:
    for goal in figures["goals"]:
        verdict = "met" if goal["met"] else "MISSED"
        yield f"{verdict:7} {goal['what']}: {goal['measured']} (goal {goal['limit']})"
    yield from (f"WRONG   {what}" for what in figures["wrong"])
    yield "" if figures["wrong"] else right


if __name__ == "__main__":
    sys.exit(main())
