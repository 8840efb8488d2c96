"""Clocks are put a day forward or back while mails are under way: each arrives, and once."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from flask_mailwright.engines.outbox.office import take_office
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.tables import make_tables
from flask_mailwright.testing import ReceivedMail, SMTPServer
from flask_mailwright.timing import Timing
from flask_mailwright.world import World
from tests.apps import hello, parsed
from tests.engines.outbox.apps import QUICK, app_on, copies
from tests.engines.outbox.databases import opened, outbox_url
from tests.engines.outbox.stores import start

DAY = 86_400.0
SECONDS = 30.0
"""In which all arrives, instead of a day."""


class Clock:
    """The machine's, put forward or back."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class SlowServer(SMTPServer):
    """Answers the mails whose subject says `in hand` when it is told to."""

    def __init__(self) -> None:
        super().__init__(on_mail=self._wait)
        self.come, self.answers = Event(), Event()

    @property
    def attempts(self) -> Counter[str]:
        """How often each recipient was asked for."""
        return Counter(line for line in self.commands if line.startswith("RCPT"))

    def _wait(self, mail: ReceivedMail) -> None:
        if "in hand" in str(parsed(mail)["Subject"]):
            self.come.set()
            self.answers.wait(SECONDS)


@pytest.fixture
def server() -> Iterator[SlowServer]:
    """Listens."""
    with SlowServer() as running:
        yield running


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Of a fresh outbox."""
    with outbox_url("sqlite", tmp_path) as found:
        yield found


@pytest.mark.parametrize("ahead", [DAY, -DAY], ids=["forwards", "back"])
def test_a_mail_in_any_state_arrives_once(ahead: float, url: str, server: SlowServer) -> None:
    """Queued, in hand, or put off; one of three processes is in office, and all see the jump."""
    clock = Clock()
    server.refuse("rcpt", 450, address="late@example.com")
    with ExitStack() as stack:
        mails = [stack.enter_context(app_on(url, server.url, World(now=clock))) for _ in range(3)]
        late = mails[0].send_later(hello("late@example.com", "put off"))
        planned = mails[1].send_later(hello("at@example.com", "planned"), at=timedelta(seconds=1))
        tickets = [mail.send_later(hello(subject=f"in hand {n}")) for n, mail in enumerate(mails)]
        tickets += [mails[1].send_later(hello(subject=f"queued {n}")) for n in range(20)]
        assert server.come.wait(SECONDS)
        clock.ahead = ahead
        tickets += [mails[2].send_later(hello(subject="behind"))]
        Event().wait(2 * QUICK["lease"])
        server.answers.set()
        assert all(ticket.wait(SECONDS).error is None for ticket in (late, *tickets))
        if ahead < 0:
            assert (planned.status(), planned.cancel()) == ("queued", True)  # it keeps its date
        else:
            assert planned.wait(SECONDS).error is None
        assert set(copies(server).values()) == {1}
        assert server.attempts["RCPT TO:<late@example.com>"] == 2
        assert server.attempts.total() == server.count + 1


@pytest.mark.parametrize("ahead", [DAY, -DAY], ids=["forwards", "back"])
def test_what_a_dead_process_held_is_taken_over(ahead: float, url: str, server: SlowServer) -> None:
    """Its office, a mail that it had begun and one that it had not, though its leases look odd."""
    clock = Clock()
    dead = Store(opened(url), "flasky", "dead", Timing(lease=QUICK["lease"]))
    with app_on(url, server.url, World(now=clock)) as mail:
        make_tables(dead)
        assert take_office(dead, clock(), QUICK["office"])
        tickets = [mail.send_later(hello(subject=f"held {n}")) for n in range(2)]
        begun, _ = dead.claims.claim(clock(), 2)
        assert start(dead, begun, clock())
        clock.ahead = ahead
        assert all(ticket.wait(SECONDS).error is None for ticket in tickets)
        assert copies(server) == {"held 0": 1, "held 1": 1}
    dead.close()
