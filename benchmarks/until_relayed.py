"""From the call of `send_email` until the relay has said 250 to the last mail, ours and Celery's.

All render the same templates in the process that calls, in four threads as a web process has. Ours
delivers in that one too, or has `flask mail worker` beside it, as the tutorial's has a worker
(`--pool solo`, one process).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.beside import ROOT, Beside
from benchmarks.compose import rotated
from benchmarks.contestants import Load
from benchmarks.drafts import text_and_html
from benchmarks.peers import BROKER, FOLDER, OUTBOX, PORT, QUEUE, REDIS, forget
from benchmarks.relays import Arrived, in_sink, wrongs
from benchmarks.rounds import APART

OURS = "flask-mailwright send_email, outbox"
WORKER = "the same, flask mail worker beside"
CELERY = "Celery + Redis + Flask-Mail"
LOOK = 0.02
"""Seconds between two looks what has come."""
PATIENCE = 60.0
"""Seconds without any mail after which those that are missing are lost."""
WARM_UP = 20


class Line(NamedTuple):
    """How far away the relay is, and how many mails each sends over it in a round.

    `pause`: seconds between two calls, else they come as fast as they can.
    """

    round_trip: float
    mails: dict[str, int]
    pause: float = 0.0


class Way(NamedTuple):
    """The sink, and the port at which it seems to be."""

    sink: Beside
    port: int


@contextmanager
def way(round_trip: float) -> Iterator[Way]:
    with ExitStack() as stack:
        sink = stack.enter_context(Beside("benchmarks.sink", "PIPELINING", "CHUNKING"))
        port = sink.port
        if round_trip:
            port = stack.enter_context(
                Beside("benchmarks.far_away", str(port), str(round_trip))
            ).port
        yield Way(sink, port)


@contextmanager
def ours(port: int) -> Iterator[Beside]:
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Beside("benchmarks.sending", "outbox", str(port), folder) as sender,
    ):
        yield sender


@contextmanager
def ours_with_worker(port: int) -> Iterator[Beside]:
    command = ["flask", "--app", "benchmarks.worker_shop", "mail", "worker"]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environ = told({PORT: str(port), FOLDER: folder})
        with (
            Beside("benchmarks.sending", "beside", environ=environ) as sender,
            worker(command, environ),
        ):
            yield sender


class Shop(NamedTuple):
    """An app with a Celery worker beside it: who sends, the app's module, and how the worker runs.

    `outbox`: the URL of the one that both share.
    """

    whose: str = "celery"
    module: str = "celery_shop"
    pool: tuple[str, ...] = ("--pool", "solo")
    broker: str = REDIS
    outbox: str = ""


@contextmanager
def with_celery(shop: Shop, port: int) -> Iterator[Beside]:
    queue = f"benchmark-{uuid.uuid4().hex}"
    where = {PORT: str(port), QUEUE: queue, BROKER: shop.broker, OUTBOX: shop.outbox}
    environ = told({**where, "PYTHONWARNINGS": "ignore"})
    command = ["celery", "-A", f"benchmarks.{shop.module}:celery", "worker", *shop.pool]
    command += ["--queues", queue, "--hostname", f"{queue}@%h", "--loglevel", "ERROR"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    try:
        with (
            worker(command, environ),
            Beside("benchmarks.sending", shop.whose, environ=environ) as sender,
        ):
            yield sender
    finally:
        forget(queue, shop.broker)


def told(environ: dict[str, str]) -> dict[str, str]:
    """Ours, and this."""
    paths = [str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, **environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@contextmanager
def worker(module: list[str], environ: dict[str, str]) -> Iterator[None]:
    """Delivers until the block ends."""
    command = [sys.executable, "-m", *module]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


Sender = Callable[[int], AbstractContextManager[Beside]]
"""Is told the relay's port."""
SENDERS: dict[str, Sender] = {
    OURS: ours,
    WORKER: ours_with_worker,
    CELERY: partial(with_celery, Shop()),
}


def figures(
    line: Line, rounds: int, wrong: list[str], chosen: Mapping[str, Sender] = SENDERS
) -> dict[str, dict[str, float]]:
    """Medians: mails in a second until the last was relayed, and for a call the milliseconds."""
    taken: dict[str, list[Clocked]] = {name: [] for name in line.mails}
    with ExitStack() as stack:
        where = stack.enter_context(way(line.round_trip))
        senders = {who: stack.enter_context(chosen[who](where.port)) for who in line.mails}
        for sender in senders.values():
            clocked(sender, where.sink, range(WARM_UP))
        for turn in range(rounds):
            for name in rotated(list(line.mails), turn):
                first = (turn + 1) * APART
                numbers = range(first, first + line.mails[name])
                run, arrived = clocked(senders[name], where.sink, numbers, line.pause)
                taken[name].append(run)
                told = wrongs(Load(text_and_html, numbers), arrived)
                wrong += [f"{name}: {what}" for what in told]
    return {name: _figures(line.mails[name], runs) for name, runs in taken.items()}


class Clocked(NamedTuple):
    """Seconds: of all calls, of one at the median, and until all mails were relayed."""

    calls: float
    p50: float
    relayed: float


def clocked(
    sender: Beside, sink: Beside, numbers: range, pause: float = 0.0
) -> tuple[Clocked, Arrived]:
    """What it took, and what came."""
    began = time.perf_counter()
    calls = sender.ask(f"{numbers.start} {len(numbers)} {pause}")
    arrived = awaited(sink, len(numbers))
    return Clocked(calls["seconds"], calls["p50"], time.perf_counter() - began), arrived


def awaited(sink: Beside, mails: int) -> Arrived:
    """Until so many have come, or none comes any more."""
    came: list[int] = []
    kept: dict[int, bytes] = {}
    until = time.monotonic() + PATIENCE
    while len(came) < mails and time.monotonic() < until:
        arrived = in_sink(sink, mails)
        if arrived.numbers:
            until = time.monotonic() + PATIENCE
        came += arrived.numbers
        kept |= arrived.kept
        time.sleep(LOOK if len(came) < mails else 0)
    return Arrived(came, kept)


def _figures(mails: int, runs: list[Clocked]) -> dict[str, float]:
    return {
        "mails": mails,
        "call": median(run.calls for run in runs) / mails * 1e3,
        "p50": median(run.p50 for run in runs) * 1e3,
        "rate": mails / median(run.relayed for run in runs),
    }
