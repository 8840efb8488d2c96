"""What sealing a mail costs, with Flask-Mail, Flask-Mailman and the standard library beside us.

All write the same mails in turn, each with its own checks; a round's figure is the process's CPU
time per mail. Every 100th mail is parsed and compared with what was put in, outside the clock.
`--json` prints the figures alone. The exit code is 1 only when a mail was not read as composed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import flask_mail
import flask_mailman
from flask import Flask

sys.path.pop(0)  # this folder: its celery.py is not the package of that name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.drafts import (
    FILE_NAME,
    FILE_TYPE,
    MEGABYTE,
    SENDER,
    Draft,
    lies,
    some_non_ascii,
    text_and_html,
    text_only,
    with_file,
)
from benchmarks.messages import flask_mail_message, flask_mailman_message, our_message
from flask_mailwright.sealing import Origin

PARSE_EVERY = 100
IMPORT_RUNS = 21
IMPORTED = ("flask_mail", "flask_mailman", "flask_mailwright")
MEMORY_FILE = 20 * MEGABYTE
OURS = "flask-mailwright"
ORIGIN = Origin("app", SENDER)


@dataclass(frozen=True)
class Case:
    name: str
    draft: Callable[[int], Draft]
    mails: int
    """In each round."""
    goals: dict[str, int]
    """How many times our time each peer should take at least."""


@dataclass(frozen=True)
class Goal:
    what: str
    limit: str
    measured: float
    met: bool


def by_flask_mail(draft: Draft) -> bytes:
    message = flask_mail_message(draft)
    if message.has_bad_headers():
        raise ValueError("bad headers")
    return message.as_bytes()


def by_flask_mailman(draft: Draft) -> bytes:
    content: bytes = flask_mailman_message(draft).message().as_bytes()
    return content


def by_standard_library(draft: Draft) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = draft.subject
    message["From"] = str(SENDER)
    message["To"] = draft.recipient
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="example.com")
    message.set_content(draft.body)
    if draft.html:
        message.add_alternative(draft.html, subtype="html")
    if draft.file:
        message.add_attachment(
            draft.file, maintype=FILE_TYPE[0], subtype=FILE_TYPE[1], filename=FILE_NAME
        )
    return message.as_bytes()


def by_us(draft: Draft) -> bytes:
    return our_message(draft).seal(ORIGIN).content


CONTESTANTS: dict[str, Callable[[Draft], bytes]] = {
    "flask-mail": by_flask_mail,
    "flask-mailman": by_flask_mailman,
    "standard library": by_standard_library,
    OURS: by_us,
}


MAIN_CASE = "text 1.5 KB + html 8 KB, ASCII"
CASES = (
    Case(MAIN_CASE, text_and_html, 400, {"flask-mail": 25, "flask-mailman": 12}),
    Case("the same, some non-ASCII", some_non_ascii, 200, {}),
    Case("text 1.5 KB only", text_only, 200, {}),
    Case("text 1.5 KB, 1 MB attached", with_file, 10, {"flask-mail": 6}),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--rounds", type=int, default=11, help="of each case (default: 11)")
    parser.add_argument("--memory-of", choices=CONTESTANTS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    with peers().app_context():
        if chosen.memory_of:
            print(json.dumps(memory_here(chosen.memory_of)))
            return 0
        figures = measure(chosen.rounds)
    print(json.dumps(figures, indent=1) if chosen.json else table(figures))
    return 1 if figures["unlike"] else 0


def peers() -> Flask:
    """An app that both peers are installed in."""
    app = Flask("benchmark")
    app.config["MAIL_DEFAULT_SENDER"] = str(SENDER)
    flask_mail.Mail(app)
    flask_mailman.Mail(app)
    return app


def measure(rounds: int) -> dict[str, Any]:
    unlike: list[str] = []
    cases = {case.name: case_micros(case, rounds, unlike) for case in CASES}
    memory = {name: memory_of(name, unlike) for name in CONTESTANTS}
    imports = import_cost()
    return {
        "python": platform.python_version(),
        "peers": {name: version(name) for name in ("flask-mail", "flask-mailman", "flask")},
        "rounds": rounds,
        "micros": cases,
        "memory": memory,
        "import": imports,
        "goals": [asdict(goal) for goal in goals(cases, memory, imports)],
        "unlike": unlike,
    }


def case_micros(case: Case, rounds: int, unlike: list[str]) -> dict[str, float]:
    """Each contestant's median over all rounds, every round begun by another one."""
    micros: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for write in CONTESTANTS.values():
        write(case.draft(0))
    for turn in range(rounds):
        drafts = [case.draft(turn * case.mails + index) for index in range(case.mails)]
        for name in rotated(list(CONTESTANTS), turn):
            seconds, kept = clocked(CONTESTANTS[name], drafts)
            micros[name].append(seconds * 1e6 / case.mails)
            unlike += [f"{case.name}: {name}: {lie}" for pair in kept for lie in lies(*pair)]
    return {name: round(median(taken), 2) for name, taken in micros.items()}


def rotated(names: list[Any], by: int) -> list[Any]:
    return names[by % len(names) :] + names[: by % len(names)]


def clocked(
    write: Callable[[Draft], bytes], drafts: list[Draft]
) -> tuple[float, list[tuple[Draft, bytes]]]:
    """CPU seconds for all drafts, and every 100th mail to compare."""
    kept = []
    gc.collect()
    started = time.process_time()
    for draft in drafts:
        content = write(draft)
        if draft.number % PARSE_EVERY == 0:
            kept.append((draft, content))
    return time.process_time() - started, kept


def memory_of(name: str, unlike: list[str]) -> dict[str, float]:
    """The peak of one large mail in a process of its own, in sizes of the attachment."""
    command = [sys.executable, __file__, "--memory-of", name]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    unlike += [f"20 MB attached: {name}: {lie}" for lie in found["unlike"]]
    return {
        "beside_attachment": round((found["peak"] - found["before"]) / MEMORY_FILE, 2),
        "with_attachment": round(found["peak"] / MEMORY_FILE, 2),
    }


def memory_here(name: str) -> dict[str, Any]:
    write = CONTESTANTS[name]
    write(with_file(0, b"small"))
    gc.collect()
    tracemalloc.start()
    draft = with_file(0, random.Random(7).randbytes(MEMORY_FILE))
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    content = write(draft)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"before": before, "peak": peak, "unlike": list(lies(draft, content))}


def import_cost() -> dict[str, float]:
    """CPU milliseconds in fresh interpreters, medians: flask alone, and each behind flask."""
    orders = {"flask": ("", "flask")} | {name: ("import flask", name) for name in IMPORTED}
    taken: dict[str, list[float]] = {name: [] for name in orders}
    with TemporaryDirectory() as cache:
        for _ in range(IMPORT_RUNS + 1):
            for name, (before, module) in orders.items():
                taken[name].append(import_millis(before, module, cache))
    return {name: round(median(millis[1:]), 1) for name, millis in taken.items()}


def import_millis(before: str, module: str, cache: str) -> float:
    """One import in a fresh interpreter that finds its bytecode, as an installed package does."""
    clock = "time.process_time()"
    script = f"import time\n{before}\nt = {clock}\nimport {module}\nprint(1e3 * ({clock} - t))"
    surroundings = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=surroundings)
    return float(done.stdout)


def goals(
    cases: dict[str, dict[str, float]],
    memory: dict[str, dict[str, float]],
    imports: dict[str, float],
) -> Iterator[Goal]:
    for case in CASES:
        for peer, factor in case.goals.items():
            ratio = cases[case.name][peer] / cases[case.name][OURS]
            what = f"{case.name}: {peer}'s time / ours"
            yield Goal(what, f">= {factor}", round(ratio, 1), ratio >= factor)
    sizes, added = memory[OURS]["with_attachment"], imports["flask_mailwright"]
    yield Goal("20 MB attached: peak memory / its size", "<= 3", sizes, sizes <= 3)
    yield Goal("import flask_mailwright after flask, ms", "<= 10", added, added <= 10)


def table(figures: dict[str, Any]) -> str:
    return "\n".join([*heading(figures), *times(figures), *costs(figures), *verdicts(figures)])


def heading(figures: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{name} {number}" for name, number in figures["peers"].items())
    yield f"Python {figures['python']}, {versions}; medians of {figures['rounds']} rounds"


def times(figures: dict[str, Any]) -> Iterator[str]:
    for case, micros in figures["micros"].items():
        yield f"\n{case:34} {'CPU µs/mail':>12} {'of ours':>9}"
        for name, taken in micros.items():
            yield f"  {name:32} {taken:12,.1f} {taken / micros[OURS]:8.1f}x"


def costs(figures: dict[str, Any]) -> Iterator[str]:
    yield f"\n{'20 MB attached: peak / its size':34} {'beside it':>12} {'with it':>9}"
    for name, sizes in figures["memory"].items():
        yield f"  {name:32} {sizes['beside_attachment']:11}x {sizes['with_attachment']:8}x"
    flask, *added = figures["import"].items()
    yield f"\n{'import: CPU ms, beside flask':34} {'flask':>12} {'added':>9}"
    for name, millis in added:
        yield f"  {name:32} {flask[1]:12.1f} {millis:9.1f}"
    yield ""


def verdicts(figures: dict[str, Any]) -> Iterator[str]:
    for goal in figures["goals"]:
        verdict = "met" if goal["met"] else "MISSED"
        yield f"{verdict:7} {goal['what']}: {goal['measured']} (goal {goal['limit']})"
    yield from (f"UNLIKE  {lie}" for lie in figures["unlike"])
    yield "" if figures["unlike"] else "Every mail compared was read as it was composed."


if __name__ == "__main__":
    sys.exit(main())
