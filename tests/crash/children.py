"""Kills children of a Celery worker at random while they deliver; then counts every copy."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from flask_mailwright import Mail, Message
from flask_mailwright.testing import SMTPServer
from tests.crash.processes import Copies, Processes
from tests.crash.proof import plan_trouble
from tests.engines.jobs.brokers import fresh_queue, reached
from tests.engines.jobs.shop import make_shop
from tests.engines.jobs.workers import Worker, celery_worker

CHILDREN = 4
PACE = 0.3
"""Seconds between two kills, on average."""


class Toll(NamedTuple):
    """Message-IDs that never came, and that came more often than kills and lost replies explain.

    `crashes`: how often a mail was in hand when its process died; None where nobody counts them,
    for the mail itself was the job. Then no more than a mail for each kill may have come again.
    """

    submitted: int
    kills: int
    copies: int
    withheld: int
    crashes: int | None
    lost: list[str]
    too_many: list[str]

    @property
    def is_good(self) -> bool:
        """Whether no mail was lost or came too often."""
        again = self.copies - self.submitted
        most = self.withheld + (self.kills if self.crashes is None else self.crashes)
        return not (self.lost or self.too_many) and again <= most

    def __str__(self) -> str:
        return (
            f"{self.submitted} mails, {self.kills} children killed, {self.copies} copies taken\n"
            f"{self.withheld} replies withheld, {self.crashes} mails in hand of a child that died\n"
            f"lost: {self.lost}\ntoo many: {self.too_many}"
        )


class Children:
    """One run through one broker; with the outbox of `processes`, or with the mail as the job."""

    def __init__(self, processes: Processes, broker: str, seed: int = 0, *, shared: bool) -> None:
        self._processes = processes
        self._broker = broker
        self._shared = shared
        self._chance = random.Random(seed)
        self._copies = Copies()
        self._submitted: dict[str, str] = {}

    def run(self, kills: int, mails: int) -> Toll:
        """Submit, kill, let the rest be delivered, count."""
        with SMTPServer(keep=False, on_mail=self._copies.note) as server:
            withheld = plan_trouble(server, self._chance, mails)
            config = self._config(server.url)
            mail = make_shop(config)[1]
            with celery_worker(config, self._processes.folder, children=CHILDREN) as worker:
                pause = kills * PACE / mails
                submitting = threading.Thread(target=self._submit, args=[mail, mails, pause])
                submitting.start()
                self._kill(worker, kills)
                submitting.join()
                self._drain(worker)
            mail.close()
        return self._toll(kills, withheld)

    def _config(self, relay: str) -> dict[str, Any]:
        celery = {"broker_url": reached(self._broker), "task_default_queue": fresh_queue()}
        config = {"CELERY": celery, "MAIL_URL": relay, "MAIL_TIMING": self._processes.timing}
        if self._shared:
            config |= {"MAIL_OUTBOX_URL": self._processes.outbox, "NAME": "crash"}
        return config

    def _submit(self, mail: Mail, mails: int, pause: float) -> None:
        for number in range(mails):
            address = f"r{number}@example.com"
            message = Message(f"{number}", [address], "Hello", sender="a@b.example")
            message.msgId = f"<{number}@b.example>"
            mail.send_later(message)
            self._submitted[message.msgId] = address
            time.sleep(self._chance.uniform(0, 2 * pause))

    def _kill(self, worker: Worker, kills: int) -> None:
        killed = 0
        while killed < kills:
            time.sleep(random.uniform(0, 2 * PACE))
            killed += worker.kill_child(random.randrange(CHILDREN))

    def _drain(self, worker: Worker) -> None:
        """Until each has come, and nothing is in hand or to be tried again."""
        deadline = time.monotonic() + 60 + len(self._submitted) / 20
        while self._is_missing() or (self._shared and self._processes.left()):
            if time.monotonic() > deadline or worker.has_ended:
                raise TimeoutError(f"mails are stuck: {worker.log[-3000:]}")
            time.sleep(0.2)

    def _is_missing(self) -> bool:
        return bool(self._submitted.keys() - self._copies.counted.keys())

    def _toll(self, kills: int, withheld: Counter[str]) -> Toll:
        copies = self._copies.counted
        crashes = Counter(self._processes.crashes()) if self._shared else None
        allowed = {
            each: 1 + withheld[address] + (kills if crashes is None else crashes[each])
            for each, address in self._submitted.items()
        }
        return Toll(
            submitted=len(self._submitted),
            kills=kills,
            copies=copies.total(),
            withheld=withheld.total(),
            crashes=crashes.total() if crashes is not None else None,
            lost=[each for each in self._submitted if not copies[each]],
            too_many=[each for each, most in allowed.items() if copies[each] > most],
        )
