"""Many processes deliver at once, and end when SIGTERM asks them: each mail comes exactly once."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from typing import NamedTuple

from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.crash.processes import USURPED, Copies, Processes

WORKERS = 4
TIMING = {"lease": 10.0, "renew": 3.0, "reply": 30.0, "final_dot_worker": 30.0}
"""Nothing but SIGTERM shall end a talk."""
PACE = 0.5
"""Seconds between two SIGTERMs, on average."""
LOAD = 2_000
SLOW = 0.1
"""Of all mails, how many are answered within a second, and not at once."""
CHUNK = 500


class Tally(NamedTuple):
    """Message-IDs that never came, and that came more than once.

    `unclean`: the exit codes of workers that ended otherwise than they should.
    """

    submitted: int
    ended: int
    usurped: int
    crashes: int
    unclean: list[int]
    lost: list[str]
    twice: list[str]

    @property
    def is_good(self) -> bool:
        """Whether each came once, and each worker left in order."""
        return not (self.usurped or self.crashes or self.unclean or self.lost or self.twice)

    def __str__(self) -> str:
        return (
            f"{self.submitted} mails, {self.ended} workers asked to end, unclean: {self.unclean}\n"
            f"{self.crashes} mails taken for crashed, {self.usurped} taken from a living process\n"
            f"lost: {self.lost}\ntwice: {self.twice}"
        )


class Workers:
    """One run over one outbox."""

    def __init__(self, processes: Processes, seed: int = 0) -> None:
        self._processes = processes
        processes.timing.update(TIMING)
        self._chance = random.Random(seed)
        self._copies = Copies()
        self._slow = 0.0
        self._submitted: list[str] = []
        self._unclean: list[int] = []

    def crowd(self, workers: int, mails: int) -> Tally:
        """So many deliver at once."""
        self._fill(mails)
        with SMTPServer(keep=False, on_mail=self._take) as server:
            started = [self._processes.worker(server.url) for _ in range(workers)]
            self._drain()
            for worker in started:
                self._end(worker)
        return self._tally(0)

    def terminate(self, times: int, load: int = LOAD) -> Tally:
        """One of them is asked to end, so many times, and another takes its place.

        At least `load` mails wait meanwhile; the relay takes up to a second for some.
        """
        self._slow = SLOW
        with SMTPServer(keep=False, on_mail=self._take) as server:
            started = [self._processes.worker(server.url) for _ in range(WORKERS)]
            for _ in range(times):
                if self._left() < load:
                    self._fill(load)
                time.sleep(self._chance.uniform(0, 2 * PACE))
                place = self._chance.randrange(WORKERS)
                self._end(started[place])
                started[place] = self._processes.worker(server.url)
            self._drain()
            for worker in started:
                self._end(worker)
        return self._tally(times)

    def _take(self, mail: ReceivedMail) -> None:
        self._copies.note(mail)
        if self._chance.random() < self._slow:
            threading.Event().wait(self._chance.uniform(0, 0.9))

    def _fill(self, mails: int) -> None:
        for start in range(0, mails, CHUNK):
            first = len(self._submitted)
            numbers = range(first, first + min(CHUNK, mails - start))
            self._submitted += self._processes.put(numbers)

    def _left(self) -> int:
        return len(self._submitted) and self._processes.left()

    def _end(self, worker: subprocess.Popen[bytes]) -> None:
        """One that has not begun yet is asked too, and dies of it."""
        worker.terminate()
        code = worker.wait(60)
        if code not in (0, -15):
            self._unclean.append(code)

    def _drain(self) -> None:
        deadline = time.monotonic() + 60 + len(self._submitted) / 50
        while left := self._left():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{left} mails are stuck")
            time.sleep(0.2)

    def _tally(self, ended: int) -> Tally:
        copies = self._copies.counted
        return Tally(
            submitted=len(self._submitted),
            ended=ended,
            usurped=self._processes.errors.count(USURPED),
            crashes=sum(self._processes.crashes().values()),
            unclean=self._unclean,
            lost=[each for each in self._submitted if not copies[each]],
            twice=[each for each, count in copies.items() if count > 1],
        )
