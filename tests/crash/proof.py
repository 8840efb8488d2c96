"""Kills processes at random while a misbehaving relay takes their mail; then counts every copy.

python3 dev.py crash --kills 1000 --mails 20000
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from flask_mailwright.testing import ReceivedMail, SMTPServer

PROCESSES = 4
PACE = 0.3
"""Seconds between two kills, on average."""
TROUBLE = 0.02
"""Of all mails, how many meet each kind of it."""
TIMING = {
    "lease": 2.0,
    "renew": 0.5,
    "office": 1.0,
    "retry_first": 0.3,
    "retry_factor": 1.5,
    "crashes": 1000,
    "reply": 0.7,
    "final_dot": 0.7,
}
FILE = "mailwright-outbox.sqlite"
USURPED = "is another process's by now"
"""What a living process says whose mail was taken away."""


class Verdict(NamedTuple):
    """Message-IDs with a ticket that never came, and those that came too often.

    `crashes`: how often a process was taken for dead while it had a mail in hand; `usurped`: how
    often it was not.
    """

    submitted: int
    kills: int
    copies: int
    explained: int
    crashes: int
    usurped: int
    lost: list[str]
    too_many: list[str]

    def __str__(self) -> str:
        counted = f"{self.submitted} tickets, {self.kills} kills, {self.copies} copies taken"
        return (
            f"{counted}, {self.explained} of them again and explained by a kill or a lost reply\n"
            f"{self.crashes} mails were in hand when their process died, {self.usurped} were taken"
            f" from a living one\nlost: {self.lost}\ntoo many: {self.too_many}"
        )


class Proof:
    """One run in one folder."""

    def __init__(self, folder: Path, kills: int, mails: int, seed: int) -> None:
        self._folder = folder
        self._kills = kills
        self._mails = mails
        self._chance = random.Random(seed)
        self._pause = kills * PACE / mails * PROCESSES / 2
        """Seconds between two mails of a process: there shall be new ones until the end."""
        self._copies: Counter[str] = Counter()
        self._withheld: Counter[str] = Counter()
        self._recipients: dict[str, str] = {}
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def run(self) -> Verdict:
        """Submit, kill, let the rest be delivered, count."""
        with SMTPServer(keep=False, on_mail=self._note) as server:
            self._plan_trouble(server)
            try:
                killed = self._kill_many(server.url)
                self._drain(server.url)
            finally:
                for child in self._children.values():
                    child.kill()
                    child.wait()
        return self._verdict(killed)

    def _note(self, mail: ReceivedMail) -> None:
        head = mail.content.partition(b"\r\n\r\n")[0].decode("ascii")
        message_id = head.partition("Message-ID: ")[2].partition("\r\n")[0]
        self._recipients[message_id] = mail.recipients[0]
        self._copies[message_id] += 1

    def _plan_trouble(self, server: SMTPServer) -> None:
        """By recipient, so that it is known whose reply was withheld."""
        for number in range(self._mails):
            address = f"r{number}@example.com"
            if self._chance.random() < TROUBLE:
                server.fault("final_dot", "drop", accept=True, address=address)
                self._withheld[address] += 1
            if self._chance.random() < TROUBLE:
                server.refuse("rcpt", 450, address=address)
            if self._chance.random() < TROUBLE:
                server.drop("body", address=address)
            if self._chance.random() < TROUBLE / 4:
                server.stall("rcpt", address=address)

    def _kill_many(self, url: str) -> int:
        killed = 0
        pace = self._chance.uniform
        while killed < self._kills or any(self._left(place) for place in range(PROCESSES)):
            for place in range(PROCESSES):
                self._see_to(place, url)
            time.sleep(pace(0.0, 2 * PACE))
            if killed < self._kills:
                place = self._chance.randrange(PROCESSES)
                self._children[place].send_signal(signal.SIGKILL)
                self._children[place].wait()
                killed += 1
        return killed

    def _see_to(self, place: int, url: str) -> None:
        if place in self._children and self._children[place].poll() is None:
            return
        span = self._span(place)
        first = self._journalled(place, default=span.start)
        settings = json.dumps([TIMING, self._pause])
        arguments = [self._folder, url, self._journal(place), settings, first, span.stop]
        command = [sys.executable, "-m", "tests.crash.web", *map(str, arguments)]
        with (self._folder / "errors").open("ab") as errors:
            self._children[place] = subprocess.Popen(command, stderr=errors)

    def _span(self, place: int) -> range:
        return range(self._mails * place // PROCESSES, self._mails * (place + 1) // PROCESSES)

    def _journal(self, place: int) -> Path:
        return self._folder / f"journal{place}"

    def _journalled(self, place: int, default: int) -> int:
        """The number behind the last one that has a ticket."""
        lines = list(self._lines(place))
        return int(lines[-1].split()[0]) + 1 if lines else default

    def _left(self, place: int) -> int:
        span = self._span(place)
        return span.stop - self._journalled(place, default=span.start)

    def _lines(self, place: int) -> Iterator[str]:
        """A last line that was cut off by a kill has no ticket that anybody saw."""
        if self._journal(place).exists():
            text = self._journal(place).read_text("ascii")
            whole = text[: text.rfind("\n") + 1]
            if whole != text:
                os.truncate(self._journal(place), len(whole))
            yield from whole.splitlines()

    def _drain(self, url: str) -> None:
        deadline = time.monotonic() + 60 + self._mails / 50
        while self._waiting():
            for place in range(PROCESSES):
                self._see_to(place, url)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._waiting()} mails are stuck")
            time.sleep(0.2)

    def _waiting(self) -> int:
        return len(self._rows("SELECT id FROM mailwright_mail WHERE ended IS NULL"))

    def _rows(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self._folder / FILE, timeout=30)) as connection:
            return connection.execute(statement).fetchall()

    def _verdict(self, killed: int) -> Verdict:
        noted = [line.split()[1] for place in range(PROCESSES) for line in self._lines(place)]
        crashes = {
            str(message_id): int(str(crashes))
            for message_id, crashes in self._rows("SELECT message_id, crashes FROM mailwright_mail")
        }
        allowed = {
            message_id: 1 + crashes[message_id] + self._withheld[self._recipients[message_id]]
            for message_id in self._copies
        }
        return Verdict(
            submitted=len(noted),
            kills=killed,
            copies=self._copies.total(),
            explained=self._copies.total() - len(self._copies),
            crashes=sum(crashes.values()),
            usurped=(self._folder / "errors").read_text("utf-8", "replace").count(USURPED),
            lost=[message_id for message_id in noted if not self._copies[message_id]],
            too_many=[each for each, count in self._copies.items() if count > allowed[each]],
        )


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is there as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def main() -> None:
    """Print the verdict; exit code 1 when a mail was lost, came too often or was taken away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.monotonic()
    with scratch() as folder:
        verdict = Proof(folder, options.kills, options.mails, options.seed).run()
    print(f"{verdict}\n{time.monotonic() - began:.0f} s")
    sys.exit(bool(verdict.lost or verdict.too_many or verdict.usurped))


if __name__ == "__main__":
    main()
