"""The outbox in one process: what is forked, worked, flushed and ended, and what cannot begin."""

import os
import threading
import time
from pathlib import Path
from threading import Thread

import pytest

from flask_mailwright import MailError
from flask_mailwright.engines import Order, OutboxSettings
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.waiting import count_all
from tests.engines.outbox.boxes import QUICK, outbox
from tests.engines.relays import GatedRelay, sealed
from tests.testing.raw_client import eventually


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_its_own(tmp_path: Path) -> None:
    """It submits and delivers under a name of its own; its parent's mails stay its parent's."""
    relay = GatedRelay()
    with outbox(relay, tmp_path) as engine:
        engine.submit(sealed("parent"), Order()).wait(5)
        parent: Store = engine.store
        child = os.fork()
        if child == 0:
            engine.submit(sealed("child"), Order(at=time.time() + 3600))
            os._exit(0 if engine.store.owner != parent.owner else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert eventually(lambda: count_all(engine.store, time.time() + 7200) == 1)


def test_what_was_not_begun_goes_back_at_once(tmp_path: Path) -> None:
    """Another process has it while the first still waits for the answer to the mail in hand."""
    slow, quick = GatedRelay(is_open=False), GatedRelay()
    with outbox(slow, tmp_path, connections=2) as leaving:
        leaving.submit_many([(sealed(f"{n}"), Order()) for n in range(8)])
        slow.busy.acquire()
        ending = Thread(target=leaving._here.end)
        ending.start()
        with outbox(quick, tmp_path) as staying:
            staying.begin()
            assert eventually(lambda: len(quick.taken) == 7)
            slow.gate.set()
            ending.join(5)
            assert staying.flush(5)
    assert sorted([*slow.taken, *quick.taken]) == list("01234567")


def test_with_a_worker_nothing_is_delivered_here(tmp_path: Path) -> None:
    """No thread is there, no exit waits, and the mail is in the outbox."""
    before = set(threading.enumerate())
    relay = GatedRelay()
    with outbox(relay, tmp_path, outbox=external(tmp_path)) as engine:
        ticket = engine.submit(sealed(), Order())
        time.sleep(0.5)
        assert ticket.status() == "queued"
        assert set(threading.enumerate()) <= before
        engine.close()
        assert count_all(engine.store, time.time()) == 1
    assert relay.taken == []


def test_a_flush_delivers_beside_the_workers(tmp_path: Path) -> None:
    """For its own time; then nothing is delivered any more."""
    before = set(threading.enumerate())
    relay = GatedRelay()
    with outbox(relay, tmp_path, outbox=external(tmp_path)) as engine:
        tickets = [engine.submit(sealed(f"{n}"), Order()) for n in range(20)]
        assert engine.flush(10)
        assert {ticket.status() for ticket in tickets} == {"done"}
        assert set(threading.enumerate()) <= before
        engine.submit(sealed("left"), Order())
    assert len(relay.taken) == 20


def test_a_flush_that_is_too_short(tmp_path: Path) -> None:
    """False, also for who comes second; the mail in hand is ended."""
    relay = GatedRelay(is_open=False)
    with outbox(relay, tmp_path, outbox=external(tmp_path), connections=2) as engine:
        tickets = [engine.submit(sealed(f"{n}"), Order()) for n in range(2)]
        first = Thread(target=engine.flush, args=(0.3,))
        first.start()
        relay.busy.acquire()
        assert not engine.flush(0.1)
        time.sleep(0.5)
        relay.gate.set()
        first.join(5)
        assert [ticket.status() for ticket in tickets] == ["done", "queued"]


def test_a_worker_ends_what_it_has_in_hand(tmp_path: Path) -> None:
    """By itself within the grace; else it is broken off, until it has its answer."""
    for grace, breaks in ((5.0, 0), (0.2, 3)):
        relay = GatedRelay(is_open=False)
        broken_off: list[float] = []

        def hang_up(relay: GatedRelay = relay, told: list[float] = broken_off) -> None:
            told.append(time.time())
            if len(told) == 3:
                relay.gate.set()

        with outbox(relay, tmp_path, timing=QUICK._replace(grace=grace), connections=2) as engine:
            engine.begin_work()
            ticket = engine.submit(sealed(), Order())
            relay.busy.acquire()
            if not breaks:
                relay.gate.set()
            assert engine.end_work(hang_up)
            assert (ticket.status(), len(broken_off)) == ("done", breaks)


def test_no_thread_can_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the ways out."""
    with outbox(GatedRelay(), tmp_path) as engine:
        monkeypatch.setattr(Thread, "start", refuse_to_start)
        with pytest.raises(MailError, match="MAIL_WORKER=external.*MAIL_ENGINE=inline") as caught:
            engine.submit(sealed(), Order())
        monkeypatch.undo()
    assert caught.value.kind == "configuration"


def external(folder: Path) -> OutboxSettings:
    """Only workers deliver."""
    return OutboxSettings(folder=str(folder), embedded=False)


def refuse_to_start(thread: Thread) -> None:
    """As where a process may have no threads."""
    raise RuntimeError("can't start new thread")
