"""The bell is heard behind every ring, and nobody waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from flask_mailwright.engines.jobs import bell
from flask_mailwright.engines.jobs.bell import Bell
from flask_mailwright.errors import MailError
from tests.testing.raw_client import eventually


def test_many_rings_are_told_by_few() -> None:
    """But never one before it was rung."""
    told: list[int] = []
    rung = 0
    one = Bell(lambda: told.append(rung))
    for rung in range(1, 501):  # noqa: B007 - read by the bell
        one.ring()
    assert eventually(lambda: told[-1:] == [500])
    assert len(told) < 50


def test_nobody_waits_for_it() -> None:
    """The broker may take its time."""
    gate = threading.Event()
    one = Bell(lambda: gate.wait(10))
    began = time.monotonic()
    one.ring()
    one.ring()
    assert time.monotonic() - began < 5
    gate.set()


AWAY = [MailError("away", kind="temporary", stage="queue"), ConnectionError("away")]


@pytest.mark.parametrize("error", AWAY)
def test_a_broker_that_is_away_is_told_when_it_is_back(error: Exception) -> None:
    """Though nobody rings again, and whatever a broker of one's own raises."""
    told: list[bool] = []

    def tell() -> None:
        told.append(True)
        if len(told) < 3:
            raise error

    one = Bell(tell, away=0.02)
    one.ring()
    assert eventually(lambda: len(told) == 3)


def test_it_rings_again_behind_a_silence() -> None:
    """Its thread ends, and another begins."""
    told: list[threading.Thread] = []
    one = Bell(lambda: told.append(threading.current_thread()), idle=0.05)
    one.ring()
    assert eventually(lambda: len(told) == 1)
    assert eventually(lambda: not told[0].is_alive())
    one.ring()
    assert eventually(lambda: len(told) == 2)


def test_who_closes_has_the_last_ring_tried() -> None:
    """Also one that came while the broker was away."""
    told: list[bool] = []

    def tell() -> None:
        told.append(True)
        if len(told) == 1:
            raise ConnectionError("away")

    one = Bell(tell, away=0.5)
    one.ring()
    assert eventually(lambda: len(told) == 1)
    time.sleep(0.1)  # that this was in vain is known by then
    one.ring()
    one.close()
    assert len(told) == 2


def test_a_process_that_ends_tells_what_it_has_not_told() -> None:
    """The last mail of a script."""
    script = f"from {bell.__name__} import Bell; Bell(lambda: print('told')).ring()"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "told\n"


def test_a_forked_child_has_a_bell_of_its_own() -> None:
    """Whose thread is not its parent's."""
    reading, writing = os.pipe()
    one = Bell(lambda: os.write(writing, str(os.getpid()).encode()))
    one.ring()
    parent = os.read(reading, 100)
    child = os.fork()
    if child == 0:
        one.ring()
        time.sleep(5)
        os._exit(0)
    assert (os.read(reading, 100), parent) == (str(child).encode(), str(os.getpid()).encode())
    os.kill(child, 9)
    os.waitpid(child, 0)
