"""How fast one process empties an outbox, and how much memory that takes it."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.beside import Beside
from benchmarks.compose import rotated
from benchmarks.contestants import Load
from benchmarks.drafts import text_and_html
from benchmarks.draining import fill
from benchmarks.relays import wrongs
from benchmarks.until_relayed import awaited

FEW, MANY = 20, 5
"""The mails are divided by the one and multiplied by the other, to see what memory makes of it."""


class Queue(NamedTuple):
    mails: int
    sync: str
    rounds: int


def figures(mails: int, rounds: int, wrong: list[str]) -> list[dict[str, float | str]]:
    """Of each queue the medians: mails in a second, and MB above the process without a mail."""
    queues = [
        Queue(mails, "NORMAL", rounds),
        Queue(mails, "FULL", rounds),
        Queue(mails // FEW, "NORMAL", 1),
        Queue(mails * MANY, "NORMAL", 1),
    ]
    runs: dict[Queue, list[tuple[float, float]]] = {queue: [] for queue in queues}
    for turn in range(rounds):
        for queue in rotated(queues, turn):
            if turn < queue.rounds:
                runs[queue].append(emptied(queue, wrong))
    return [
        {
            "mails": queue.mails,
            "sync": queue.sync,
            "rate": round(median(rate for rate, _ in taken)),
            "grown": round(max(grown for _, grown in taken), 1),
        }
        for queue, taken in runs.items()
    ]


def emptied(queue: Queue, wrong: list[str]) -> tuple[float, float]:
    """Mails in a second, and megabytes."""
    numbers = range(queue.mails)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        fill(Path(folder), numbers)
        with Beside("benchmarks.sink", "PIPELINING", "CHUNKING") as sink:
            with Beside("benchmarks.draining", str(sink.port), folder, queue.sync) as process:
                told = process.ask("go")
            arrived = awaited(sink, queue.mails)
    told_wrong = wrongs(Load(text_and_html, numbers), arrived)
    wrong += [f"{queue.mails} queued, {queue.sync}: {what}" for what in told_wrong]
    return queue.mails / told["seconds"], told["most"] - told["empty"]
