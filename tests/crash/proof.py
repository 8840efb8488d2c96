"""Kills processes at random while a misbehaving relay takes their mail; then counts every copy."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from typing import NamedTuple

from flask_mailwright.testing import SMTPServer
from tests.crash.processes import USURPED, Copies, Processes

WEBS = 4
"""Submit mails, and deliver too."""
WORKERS = 2
"""`flask mail worker`, beside them."""
PLACES = range(WEBS + WORKERS)
PACE = 0.3
"""Seconds between two kills, on average."""
TROUBLE = 0.02
"""Of all mails, how many meet each kind of it."""


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

    @property
    def is_good(self) -> bool:
        """Whether no mail was lost, came too often or was taken away."""
        return not (self.lost or self.too_many or self.usurped)

    def __str__(self) -> str:
        counted = f"{self.submitted} tickets, {self.kills} kills, {self.copies} copies taken"
        return (
            f"{counted}, {self.explained} of them again and explained by a kill or a lost reply\n"
            f"{self.crashes} mails were in hand when their process died, {self.usurped} were taken"
            f" from a living one\nlost: {self.lost}\ntoo many: {self.too_many}"
        )


def plan_trouble(server: SMTPServer, chance: random.Random, mails: int) -> Counter[str]:
    """By recipient, so that it is known whose reply is withheld, and how often."""
    withheld: Counter[str] = Counter()
    for number in range(mails):
        address = f"r{number}@example.com"
        if chance.random() < TROUBLE:
            server.fault("final_dot", "drop", accept=True, address=address)
            withheld[address] += 1
        if chance.random() < TROUBLE:
            server.refuse("rcpt", 450, address=address)
        if chance.random() < TROUBLE:
            server.drop("body", address=address)
        if chance.random() < TROUBLE / 4:
            server.stall("rcpt", address=address)
    return withheld


class Proof:
    """One run over one outbox."""

    def __init__(self, processes: Processes, kills: int, mails: int, seed: int) -> None:
        self._processes = processes
        self._kills = kills
        self._mails = mails
        self._chance = random.Random(seed)
        self._pause = kills * PACE / mails * WEBS / 2
        """Seconds between two mails of a process: there shall be new ones until the end."""
        self._copies = Copies()
        self._withheld: Counter[str] = Counter()
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def run(self) -> Verdict:
        """Submit, kill, let the rest be delivered, count."""
        with SMTPServer(keep=False, on_mail=self._copies.note) as server:
            self._withheld = plan_trouble(server, self._chance, self._mails)
            killed = self._kill_many(server.url)
            self._drain(server.url)
            self._processes.end()
        return self._verdict(killed)

    def _kill_many(self, url: str) -> int:
        killed = 0
        pace = self._chance.uniform
        while killed < self._kills or any(self._left(place) for place in range(WEBS)):
            for place in PLACES:
                self._see_to(place, url)
            time.sleep(pace(0.0, 2 * PACE))
            if killed < self._kills:
                place = self._chance.choice(PLACES)
                self._children[place].kill()
                self._children[place].wait()
                killed += 1
        return killed

    def _see_to(self, place: int, url: str) -> None:
        ended = self._children[place].poll() if place in self._children else -signal.SIGKILL
        if ended not in (None, -signal.SIGKILL):
            raise RuntimeError(f"a process ended by itself: {self._processes.errors[-2000:]}")
        if ended is not None:
            self._children[place] = self._begun(place, url)

    def _begun(self, place: int, url: str) -> subprocess.Popen[bytes]:
        if place >= WEBS:
            return self._processes.worker(url)
        return self._processes.web(url, self._span(place), place=place, pause=self._pause)

    def _span(self, place: int) -> range:
        return range(self._mails * place // WEBS, self._mails * (place + 1) // WEBS)

    def _left(self, place: int) -> int:
        return len(self._span(place)) - len(self._processes.noted(place))

    def _drain(self, url: str) -> None:
        deadline = time.monotonic() + 60 + self._mails / 50
        while left := self._processes.left():
            for place in PLACES:
                self._see_to(place, url)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{left} mails are stuck")
            time.sleep(0.2)

    def _verdict(self, killed: int) -> Verdict:
        noted = [each for place in range(WEBS) for _, each in self._processes.noted(place)]
        crashes, copies = self._processes.crashes(), self._copies.counted
        allowed = {
            message_id: 1 + crashes[message_id] + self._withheld[recipient]
            for message_id, recipient in self._copies.recipients.items()
        }
        return Verdict(
            submitted=len(noted),
            kills=killed,
            copies=copies.total(),
            explained=copies.total() - len(copies),
            crashes=sum(crashes.values()),
            usurped=self._processes.errors.count(USURPED),
            lost=[message_id for message_id in noted if not copies[message_id]],
            too_many=[each for each, count in copies.items() if count > allowed[each]],
        )
