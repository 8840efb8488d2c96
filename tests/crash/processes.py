"""Processes over one outbox: started, looked at, and ended."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask_mailwright import Message
from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox.rows import Stored
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.tables import make_tables
from flask_mailwright.sealing import Origin
from flask_mailwright.testing import ReceivedMail
from flask_mailwright.timing import Timing
from tests.crash.worker import CONFIG
from tests.engines.outbox.databases import opened, outbox_url

PAUSE = 0.001
APP = "crash"
TIMING = {
    "lease": 2.0,
    "renew": 0.5,
    "office": 1.0,
    "retry_first": 0.3,
    "retry_factor": 1.5,
    "crashes": 1000,
    "reply": 0.7,
    "final_dot_worker": 0.7,
}
USURPED = "is another process's by now"
"""What a living process says whose mail was taken away."""


class Processes:
    """Each has a place, where it notes its tickets; all write what they say into one file."""

    def __init__(self, folder: Path, outbox: str, timing: Mapping[str, float] = TIMING) -> None:
        self.folder = folder
        self.outbox = outbox
        self.timing = dict(timing)
        self._database = opened(outbox)
        self._started: list[subprocess.Popen[bytes]] = []

    def web(
        self, relay: str, numbers: range = range(0), *, place: int = 0, pause: float = PAUSE
    ) -> subprocess.Popen[bytes]:
        """Submits the mails with these numbers that have no ticket yet, and delivers."""
        noted = self.noted(place)
        first = noted[-1][0] + 1 if noted else numbers.start
        arguments = [self._journal(place), pause, first, numbers.stop]
        return self._start(["tests.crash.web", self._config(relay), *map(str, arguments)])

    def worker(self, relay: str) -> subprocess.Popen[bytes]:
        """`flask mail worker`: delivers, though others do."""
        command = ["flask", "--app", "tests.crash.worker", "mail", "worker"]
        return self._start(command, {**os.environ, CONFIG: self._config(relay)})

    def put(self, numbers: range) -> list[str]:
        """Store these mails at once; their Message-IDs."""
        store, now = Store(self._database, APP, "nobody", Timing()), time.time()
        make_tables(store)
        mails = [
            Message(f"{number}", [f"r{number}@example.com"], "Hello", sender="a@b.example").seal(
                Origin(app=APP)
            )
            for number in numbers
        ]
        store.intake.put([Stored(mail, Order(), now, store.owner) for mail in mails])
        return [mail.message_id for mail in mails]

    def noted(self, place: int = 0) -> list[tuple[int, str]]:
        """Number and Message-ID of each ticket; a line that a kill cut off, nobody saw."""
        journal = self._journal(place)
        text = journal.read_text("ascii") if journal.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            os.truncate(journal, len(whole))
        pairs = [line.split() for line in whole.splitlines()]
        return [(int(number), message_id) for number, message_id in pairs]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the outbox knows."""
        with self._database.reading() as run:
            return run(statement).rows

    def left(self) -> int:
        """How many mails have not ended."""
        ((count,),) = self.rows("SELECT COUNT(*) FROM mailwright_mail WHERE ended IS NULL")
        return int(count)

    def crashes(self) -> dict[str, int]:
        """How often a process died that had this Message-ID in hand, as others found."""
        return dict(self.rows("SELECT message_id, crashes FROM mailwright_mail"))

    @property
    def errors(self) -> str:
        """What they have written to standard error."""
        file = self.folder / "errors"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def end(self) -> None:
        """All of them."""
        for process in self._started:
            process.kill()
            process.wait()
        self._database.close()

    def _journal(self, place: int) -> Path:
        return self.folder / f"journal{place}"

    def _config(self, relay: str) -> str:
        config: dict[str, Any] = {"MAIL_ENGINE": "outbox", "MAIL_URL": relay}
        config |= {"MAIL_OUTBOX_URL": self.outbox, "MAIL_TIMING": self.timing}
        return json.dumps(config)

    def _start(
        self, module: list[str], environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *module]
        with (self.folder / "errors").open("ab") as errors:
            process = subprocess.Popen(command, stdout=errors, stderr=errors, env=environ)
        self._started.append(process)
        return process


class Copies:
    """Notes each mail that a server takes; any thread may tell it."""

    def __init__(self) -> None:
        self._taken: list[tuple[str, str]] = []

    def note(self, mail: ReceivedMail) -> None:
        """As a server's `on_mail`."""
        head = mail.content.partition(b"\r\n\r\n")[0].decode("ascii")
        message_id = head.partition("Message-ID: ")[2].partition("\r\n")[0]
        self._taken.append((message_id, mail.recipients[0]))

    @property
    def counted(self) -> Counter[str]:
        """How often each Message-ID came."""
        return Counter(message_id for message_id, _ in self._taken)

    @property
    def recipients(self) -> dict[str, str]:
        """Whom each is for."""
        return dict(self._taken)


@contextmanager
def scratch(name: str) -> Iterator[Processes]:
    """None yet, in a folder and over a database of this kind that end with the block."""
    with tempfile.TemporaryDirectory() as folder, outbox_url(name, Path(folder)) as url:
        processes = Processes(Path(folder), url)
        try:
            yield processes
        finally:
            processes.end()
