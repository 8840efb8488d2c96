"""Worker processes of Celery and RQ, started as users start them, and ended behind the block."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engines.jobs import rq_shop, shop
from tests.testing.raw_client import eventually

RQ = "tests.engines.jobs.rq_shop"
_CONFIGS = {"celery": shop.CONFIG, "flask": rq_shop.CONFIG, RQ: rq_shop.CONFIG}
CELERY = ["celery", "-A", "tests.engines.jobs.shop", "worker", "-l", "info", "--without-mingle"]


class Worker:
    """One process with its children; it writes its log into a file."""

    def __init__(self, command: list[str], config: Mapping[str, Any], log: Path) -> None:
        self._log = log
        environ = {**os.environ, _CONFIGS[command[0]]: json.dumps(config)}
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], env=environ, stdout=file, stderr=file
            )

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text("utf-8", "replace")

    def says(self, words: str) -> bool:
        """Whether it does, before it ends or half a minute is over."""
        eventually(lambda: words in self.log or self.has_ended, within=30)
        return not self.has_ended

    @property
    def has_ended(self) -> bool:
        """By itself, or as it was told."""
        return self.process.poll() is not None

    @property
    def children(self) -> list[int]:
        """The pids of its processes that do jobs."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def kill_child(self, number: int) -> bool:
        """With SIGKILL; False when there is none at this moment."""
        if not (children := self.children):
            return False
        os.kill(children[number % len(children)], signal.SIGKILL)
        return True

    def end(self, within: float = 60.0) -> int:
        """As a supervisor does; its exit code."""
        self.process.terminate()
        return self.process.wait(within)


@contextmanager
def worker(command: list[str], config: Mapping[str, Any], log: Path) -> Iterator[Worker]:
    """One that is on its way up."""
    started = Worker(command, config, log)
    try:
        yield started
    finally:
        for pid in started.children if not started.has_ended else []:
            os.kill(pid, signal.SIGKILL)
        started.process.kill()
        started.process.wait()


@contextmanager
def celery_worker(
    config: Mapping[str, Any], folder: Path, *more: str, children: int = 2
) -> Iterator[Worker]:
    """One that is ready."""
    command = [*CELERY, "-c", str(children), *more]
    log = folder / f"celery-{os.urandom(4).hex()}.log"
    with worker(command, config, log) as started:
        assert started.says(" ready."), started.log
        yield started


@contextmanager
def rq_worker(config: Mapping[str, Any], folder: Path) -> Iterator[Worker]:
    """Flask-RQ's, or one that the app starts over its own connection; with RQ's scheduler."""
    flask = ["flask", "--app", RQ, "rq", "worker", "--with-scheduler"]
    log = folder / f"rq-{os.urandom(4).hex()}.log"
    with worker([RQ] if "OWN" in config else flask, config, log) as started:
        assert started.says("istening on"), started.log
        yield started
