"""Who takes a mail of 10 KB so that it is not lost: each as a call that returns when it has it.

All write to the same disk, but for Redis, which writes none before it answers. Our mails are due
tomorrow, so that nothing but `submit` is clocked; the engine's threads are there as in production.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psycopg
import redis
from celery import Celery

from benchmarks.compose import rotated
from benchmarks.drafts import SENDER, text_and_html
from benchmarks.messages import our_message
from benchmarks.peers import POSTGRESQL, REDIS, forget
from benchmarks.shop import outbox_shop
from flask_mailwright import Mail
from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox.waiting import count_all
from flask_mailwright.envelope import SealedMail
from flask_mailwright.sealing import Origin
from flask_mailwright.world import World

WORLD = World()
THREADS = (1, 4, 16)
TOMORROW = 86_400
BUSY = 60.0
"""Seconds for which SQLite waits for its turn."""
NOBODY = 9
"""The discard port: nothing listens there."""
COUNT = "SELECT COUNT(*) FROM {}"

Take = Callable[[SealedMail], object]


class Taker(NamedTuple):
    take: Take
    there: Callable[[], int]
    """How many mails it has, as its own store tells."""


class PerThread:
    """A connection for each thread that asks for one; who comes later takes over a dead one's."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect, self._lock = connect, threading.Lock()
        self._of: dict[threading.Thread, Any] = {}

    def __call__(self) -> Any:
        ours = threading.current_thread()
        if ours not in self._of:
            with self._lock:
                dead = next((each for each in self._of if not each.is_alive()), None)
                self._of[ours] = self._of.pop(dead) if dead else self._connect()
        return self._of[ours]

    def close(self) -> None:
        for connection in self._of.values():
            connection.close()


def sealed() -> SealedMail:
    return our_message(text_and_html(1)).seal(Origin("shop", SENDER))


def another(mail: SealedMail) -> SealedMail:
    """With an id as sealing gives it."""
    return mail._replace(id=WORLD.token())


@contextmanager
def by_submit(folder: Path) -> Iterator[Taker]:
    app = outbox_shop(NOBODY, folder)
    mail = Mail(app)
    engine: Any = app.extensions["mailwright"].engine
    order = Order(at=time.time() + TOMORROW)
    day_after = order.at + TOMORROW if order.at else 0.0
    engine.begin()
    try:
        yield Taker(
            lambda each: engine.submit(each, order), lambda: count_all(engine.store, day_after)
        )
    finally:
        mail.close()


@contextmanager
def by_bare_insert(folder: Path) -> Iterator[Taker]:
    """A connection for each thread, and SQLite's own way to wait for the others."""
    path = folder / "bare.sqlite"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=BUSY, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def take(mail: SealedMail) -> None:
        with connections() as connection:
            connection.execute("INSERT INTO mail (content) VALUES (?)", (mail.content,))

    with closing(PerThread(connect)) as connections:
        connections().execute("CREATE TABLE mail (number INTEGER PRIMARY KEY, content BLOB)")
        yield Taker(take, lambda: int(connections().execute(COUNT.format("mail")).fetchone()[0]))


@contextmanager
def by_postgresql(folder: Path) -> Iterator[Taker]:
    """A connection for each thread and a commit for each mail."""
    table = f"benchmark_{uuid.uuid4().hex}"
    insert = f"INSERT INTO {table} (content) VALUES (%s)"
    with closing(PerThread(partial(psycopg.connect, POSTGRESQL, autocommit=True))) as connections:
        connections().execute(f"CREATE TABLE {table} (number SERIAL PRIMARY KEY, content BYTEA)")
        try:
            yield Taker(
                lambda mail: connections().execute(insert, (mail.content,)),
                lambda: int(connections().execute(COUNT.format(table)).fetchone()[0]),
            )
        finally:
            connections().execute(f"DROP TABLE {table}")


@contextmanager
def by_delay(folder: Path) -> Iterator[Taker]:
    """The content is the task's argument, as text."""
    queue = f"benchmark-{uuid.uuid4().hex}"
    app = Celery(broker=REDIS, set_as_current=False)
    app.conf.task_default_queue = queue
    task = app.task(_nothing, name="send", ignore_result=True)
    with redis.Redis.from_url(REDIS) as server:
        try:
            yield Taker(
                lambda mail: task.delay(mail.content.decode("ascii")), lambda: length(server, queue)
            )
        finally:
            app.close()
            forget(queue)


def length(server: redis.Redis, queue: str) -> int:
    return int(str(server.llen(queue)))


def _nothing(content: str) -> None:
    """Nobody works here."""


SUBMIT = "flask-mailwright engine.submit"
BARE = "SQLite FULL, one bare row"
SERVER = "PostgreSQL, one bare row"
DELAY = "Celery delay, Redis"

TAKERS: dict[str, Callable[[Path], Any]] = {
    SUBMIT: by_submit,
    BARE: by_bare_insert,
    SERVER: by_postgresql,
    DELAY: by_delay,
}


Figures = dict[str, dict[str, dict[str, float]]]


def figures(names: list[str], mails: int, rounds: int, wrong: list[str]) -> Figures:
    """For each number of threads and each taker the medians of p50, p99 and rate."""
    runs: dict[tuple[int, str], list[dict[str, float]]] = {}
    with ExitStack() as stack:
        takers = {name: stack.enter_context(_opened(name)) for name in names}
        for turn in range(rounds):
            for threads in THREADS:
                for name in rotated(names, turn):
                    run, lost = counted(takers[name], max(mails, threads), threads)
                    runs.setdefault((threads, name), []).append(run)
                    wrong += [f"submit: {name}: {lost} mails lost"] if lost else []
    return {
        str(threads): {name: _medians(runs[threads, name]) for name in names} for threads in THREADS
    }


@contextmanager
def _opened(name: str) -> Iterator[Taker]:
    """In a folder of its own, on the disk of the temporary files."""
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        TAKERS[name](Path(folder)) as taker,
    ):
        yield taker


def counted(taker: Taker, mails: int, threads: int) -> tuple[dict[str, float], int]:
    """What it took, and how many of the mails are not there."""
    mail, before = sealed(), taker.there()
    run = clocked(taker.take, [another(mail) for _ in range(mails)], threads)
    return run, before + threads + mails - taker.there()


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {what: round(median(run[what] for run in runs), 3) for what in runs[0]}


def clocked(take: Take, mails: list[SealedMail], threads: int) -> dict[str, float]:
    """Milliseconds that each call took, and how many returned in a second."""
    begins, taken = threading.Barrier(threads + 1), list[float]()
    shares = [mails[start::threads] for start in range(threads)]
    workers = [threading.Thread(target=_work, args=(take, each, begins, taken)) for each in shares]
    for worker in workers:
        worker.start()
    begins.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    return {**percentiles(taken), "rate": len(taken) / seconds, "count": len(taken)}


def _work(
    take: Take, mails: list[SealedMail], begins: threading.Barrier, taken: list[float]
) -> None:
    take(another(mails[0]))  # whoever opens a connection for each thread does it here
    begins.wait()
    for mail in mails:
        began = time.perf_counter()
        take(mail)
        taken.append(time.perf_counter() - began)


def percentiles(seconds: list[float]) -> dict[str, float]:
    """In milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50": ordered[len(ordered) // 2] * 1e3,
        "p99": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3,
    }
