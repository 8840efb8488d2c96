import threading
import time
from pathlib import Path

import pytest

from benchmarks import submitting, until_relayed
from benchmarks.beside import Beside
from benchmarks.outbox_table import TABLES, goals
from benchmarks.peers import missing_postgresql, missing_redis
from benchmarks.queued import Queue, emptied
from benchmarks.submitting import BARE, DELAY, SERVER, SUBMIT, Taker, clocked, counted
from benchmarks.until_relayed import CELERY, OURS, WORKER, Line
from tests.services import require_service

MAILS = 32


def test_submit_is_clocked_beside_a_bare_insert() -> None:
    """All are there afterwards, from however many threads."""
    wrong: list[str] = []
    found = submitting.figures([SUBMIT, BARE], MAILS, 1, wrong)
    assert wrong == []
    assert {run["count"] for takers in found.values() for run in takers.values()} == {MAILS}
    assert len(list(goals({"submit": found}))) == 3
    assert len(list(TABLES["submit"](found))) == 12


def test_submit_is_clocked_beside_postgresql() -> None:
    """Its table is dropped again."""
    require_service("PostgreSQL", missing_postgresql())
    wrong: list[str] = []
    submitting.figures([SERVER], MAILS, 1, wrong)
    assert wrong == []


def test_submit_is_clocked_beside_celery() -> None:
    """Its queue is deleted again."""
    require_service("Redis", missing_redis())
    wrong: list[str] = []
    submitting.figures([DELAY], MAILS, 1, wrong)
    assert wrong == []


def test_what_is_not_there_is_told() -> None:
    """One that takes nothing has lost them all."""
    forgets = Taker(lambda mail: None, lambda: 0)
    assert counted(forgets, MAILS, 4)[1] == MAILS + 4


def test_a_wait_is_seen_in_the_percentiles() -> None:
    """Each of 20 calls waits 2 ms, in two threads at the same time."""
    wait = threading.Event().wait
    began = time.perf_counter()
    run = clocked(lambda mail: wait(0.002), [submitting.sealed()] * 20, 2)
    assert time.perf_counter() - began >= 0.02
    assert 2 <= run["p50"] <= run["p99"]
    assert run["rate"] <= 1000


@pytest.mark.parametrize("name", [OURS, WORKER, CELERY])
def test_from_the_call_to_the_relay(name: str) -> None:
    """Every mail comes once and reads as its draft does."""
    if name == CELERY:
        require_service("Redis", missing_redis())
    wrong: list[str] = []
    found = until_relayed.figures(Line(0.002, {name: MAILS}), 1, wrong)
    assert wrong == []
    assert found[name]["mails"] == MAILS
    assert found[name]["rate"] > 0


@pytest.mark.parametrize("sync", ["NORMAL", "FULL"])
def test_an_outbox_is_emptied(sync: str) -> None:
    """By a process whose memory is known."""
    wrong: list[str] = []
    rate, grown = emptied(Queue(MAILS, sync, 1), wrong)
    assert wrong == []
    assert rate > 0
    assert grown < 64


def test_a_process_beside_that_ends_is_told(tmp_path: Path) -> None:
    """In place of its port."""
    with pytest.raises(RuntimeError, match="has ended"):
        Beside("benchmarks.draining", "1", str(tmp_path), "OFTEN")
