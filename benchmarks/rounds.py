"""Rounds in which every contestant runs once, each begun by another one."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.compose import rotated
from benchmarks.contestants import CONTESTANTS, Load
from benchmarks.relays import Relay, wrongs
from benchmarks.scenarios import Scenario

APART = 100_000
"""Between the first numbers of two rounds: nobody meets a mail again."""


@dataclass(frozen=True)
class Run:
    contestant: str
    micros: dict[str, float]
    """Per mail: `wall`, `cpu` of this process, and `sink_cpu`."""
    wrong: list[str]


def interleaved(scenario: Scenario, relay: Relay, rounds: int) -> Iterator[Run]:
    for name in scenario.mails:
        clocked(name, relay, Load(scenario.draft, range(1)))
    for turn in range(rounds):
        first = (turn + 1) * APART
        for name in rotated(list(scenario.mails), turn):
            numbers = range(first, first + scenario.mails[name])
            yield clocked(name, relay, Load(scenario.draft, numbers))


def clocked(name: str, relay: Relay, load: Load) -> Run:
    mails = len(load.numbers)
    send = CONTESTANTS[name](relay.where, load)
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    send()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    arrived = relay.arrived(mails)
    spent = {"wall": wall, "cpu": cpu, "sink_cpu": arrived.cpu}
    micros = {clock: seconds * 1e6 / mails for clock, seconds in spent.items()}
    return Run(name, micros, list(wrongs(load, arrived)))


def medians(runs: list[Run], contestant: str) -> dict[str, float]:
    taken = [run.micros for run in runs if run.contestant == contestant]
    return {clock: round(median(run[clock] for run in taken), 1) for clock in taken[0]}
