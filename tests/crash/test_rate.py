"""Workers that share an outbox keep to the rate of a relay together."""

import time
from pathlib import Path

import pytest

from flask_mailwright.testing import SMTPServer
from tests.crash.arrivals import Arrivals
from tests.crash.processes import TIMING, Processes
from tests.engines.outbox.databases import NAMES, outbox_url
from tests.testing.raw_client import eventually

RATE = 100
CALM = {**TIMING, "lease": 30.0, "renew": 10.0, "reply": 30.0, "final_dot_worker": 30.0}
"""Nothing but the rate shall keep a mail waiting."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_four_workers_keep_to_one_rate(name: str, tmp_path: Path) -> None:
    """Never too fast, for any second or ten; and as fast as they may, though one of them is killed.

    However long this machine may stall: as soon as it does not for ten seconds they are in time.
    """
    arrivals = Arrivals()
    with outbox_url(name, tmp_path) as url, SMTPServer(on_mail=arrivals.note, keep=False) as server:
        processes = Processes(tmp_path, url, CALM)
        try:
            for start in range(0, 5000, 500):
                processes.put(range(start, start + 500))
            relay = f"{server.url}?rate={RATE}/s&pool=2"
            workers = [processes.worker(relay) for _ in range(4)]
            eventually(lambda: len(arrivals) >= 2 * RATE, 60)
            workers[0].kill()
            eventually(lambda: arrivals.most(10.0) >= 0.95 * 10 * RATE, 40)
            time.sleep(0.5)
        finally:
            processes.end()
    assert arrivals.most(1.0) <= 1.2 * RATE
    assert arrivals.most(10.0) <= 1.02 * 10 * RATE


def test_the_fullest_period_is_found() -> None:
    """Wherever it begins; what comes at its very end is of the next one."""
    arrivals = Arrivals()
    arrivals._moments = [0.0, 9.0, 5.0, 5.5, 5.75, 6.0]
    assert [arrivals.most(seconds) for seconds in (0.5, 1.0, 1.01, 10.0)] == [2, 3, 4, 6]
    assert arrivals.within(6.0) == 4
