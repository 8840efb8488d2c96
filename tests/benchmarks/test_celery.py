import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import until_relayed
from benchmarks.jobs import PAYLOAD, POSTGRESQL, SQLITE, TUTORIAL, left_out, senders
from benchmarks.jobs_table import goals
from benchmarks.peers import missing_redis
from benchmarks.until_relayed import Line
from tests.engines.jobs.brokers import URLS, reached
from tests.services import require_service

ROOT = Path(__file__).parents[2]
MAILS = 24
RUN = {"mails": 10, "call": 1.0, "p50": 1.0, "rate": 8.0}


@pytest.mark.parametrize("name", [SQLITE, POSTGRESQL, PAYLOAD, TUTORIAL])
@pytest.mark.parametrize("broker", URLS)
def test_each_is_clocked_from_the_call_to_the_relay(name: str, broker: str) -> None:
    """Every mail comes once and reads as its draft does; the queue is deleted again."""
    url = reached(broker)
    require_service(name, left_out().get(name))
    wrong: list[str] = []
    found = until_relayed.figures(Line(0.002, {name: MAILS}), 1, wrong, senders(2, url))
    assert wrong == []
    assert found[name]["rate"] > 0
    assert found[name]["p50"] > 0


def test_the_command_says_whether_goals_are_met() -> None:
    """Of those who ran; a goal that is missed is no error."""
    require_service("Redis", missing_redis())
    command = [sys.executable, "benchmarks/celery.py", "--rounds", "1", "--mails", "200"]
    done = subprocess.run(
        [*command, "-o", "near", "-c", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "near, redis, a worker with 1 children" in done.stdout
    assert SQLITE in done.stdout
    assert "(goal >= 4)" in done.stdout


def test_goals() -> None:
    """At least 4 times the rate near, and no call that takes longer."""
    runs = {SQLITE: RUN | {"rate": 32.0, "p50": 0.9}, TUTORIAL: RUN}
    for part, measured in {"near": 4.0, "calls": 0.9}.items():
        (goal,) = goals({"part": part, "children": 2, "contestants": runs})
        assert (goal.measured, goal.met) == (measured, True)
