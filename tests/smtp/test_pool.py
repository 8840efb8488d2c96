"""Talks that are lent, kept and ended, with a real server at the other end."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue

import pytest

from flask_mailwright.smtp.failure import Failure
from flask_mailwright.smtp.pool import CAREFUL, Pool
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.smtp.talk import Talk
from flask_mailwright.testing import SMTPServer
from flask_mailwright.timing import Timing
from flask_mailwright.world import World
from tests.testing.raw_client import eventually

QUICK = Timing(connect=0.4, reply=1, content=1, final_dot=1)


@contextmanager
def pooled(server: SMTPServer, connections: int = 2, idle: float = 25) -> Iterator[Pool]:
    """A pool of talks with `server`, closed in the end."""
    timing = QUICK._replace(idle=idle)
    relay = Relay(server.host, server.port, connections=connections, timing=timing)
    pool = Pool(relay, World())
    yield pool
    for talk in tuple(pool._lent):
        pool.give_back(talk)
    pool.close()


def test_what_is_given_back_is_lent_again() -> None:
    """The talk that was used last comes first, so that those not needed grow old."""
    with SMTPServer() as server, pooled(server) as pool:
        one, two = pool.borrow(), pool.borrow()
        pool.give_back(one)
        pool.give_back(two)
        assert pool.borrow() is two
        assert pool.borrow() is one
        assert server.connections == 2


def test_open_ones_are_counted_not_lent_ones() -> None:
    """What lies idle counts, and is used before another is made."""
    with SMTPServer() as server, pooled(server, connections=1) as pool:
        for _ in range(3):
            pool.give_back(pool.borrow())
        assert server.connections == 1
        pool.borrow()
        with pytest.raises(Failure, match=r"with us as it may \(1\), none came free"):
            pool.borrow()


def test_those_who_wait_are_served_in_turn() -> None:
    """First come, first served; while somebody waits, the pool says so."""
    with SMTPServer() as server, pooled(server, connections=1) as pool:
        talk, served = pool.borrow(), []

        def wait(number: int) -> None:
            own = pool.borrow()
            served.append(number)
            pool.give_back(own)

        threads = []
        for number in range(5):
            threads.append(threading.Thread(target=wait, args=(number,)))
            threads[-1].start()
            assert eventually(lambda: len(pool._turns) == len(threads))
        assert pool.wanted
        pool.give_back(talk)
        for thread in threads:
            thread.join()
        assert (served, pool.wanted) == ([0, 1, 2, 3, 4], False)


def test_nobody_gives_up_while_the_queue_moves() -> None:
    """Each waits much longer than he would where nothing moves, and all are served."""
    with SMTPServer() as server, pooled(server, connections=1) as pool:
        served, failed = [], []

        def use(number: int) -> None:
            try:
                own = pool.borrow(0.5)
            except Failure as failure:
                failed.append(failure)
                return
            time.sleep(0.1)
            served.append(number)
            pool.give_back(own)

        threads = [threading.Thread(target=use, args=(number,)) for number in range(15)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(served), failed) == (15, [])


def test_an_idle_talk_is_ended_in_time() -> None:
    """Nobody needs to come for that: the relay hears QUIT, and the place is free."""
    with SMTPServer() as server, pooled(server, idle=0.2) as pool:
        first, second = pool.borrow(), pool.borrow()
        pool.give_back(first)
        time.sleep(0.1)
        pool.give_back(second)
        assert server.open_connections == 2
        assert eventually(lambda: server.open_connections == 1)
        assert second.usable
        assert eventually(lambda: server.open_connections == 0)
        assert server.commands.count("QUIT") == 2
        pool.give_back(pool.borrow())
        assert eventually(lambda: server.commands.count("QUIT") == 3)


def test_a_relay_that_left_is_noticed_before_use() -> None:
    """A talk on which the relay spoke or hung up is replaced, not tried."""
    with SMTPServer(idle_timeout=0.1) as server, pooled(server) as pool:
        kept = pool.borrow()
        pool.give_back(kept)
        assert eventually(lambda: server.open_connections == 0)
        talk = pool.borrow()
        assert talk is not kept
        assert (talk.usable, server.connections) == (True, 2)
        assert server.commands == [server.commands[0]] * 2  # EHLO, and nothing else


def test_a_broken_talk_is_not_kept() -> None:
    """It frees its place."""
    with SMTPServer() as server, pooled(server, connections=1) as pool:
        talk = pool.borrow()
        talk.hang_up()
        pool.give_back(talk)
        assert pool.borrow() is not talk


def test_renewed_in_its_place() -> None:
    """Whoever has a talk gets another for it without waiting in line."""
    with SMTPServer() as server, pooled(server, connections=1) as pool:
        talk = pool.borrow()
        fresh = pool.renew(talk)
        assert not talk.usable
        pool.give_back(fresh)
        assert pool.borrow() is fresh


def test_a_failed_renewal_frees_the_place() -> None:
    """And so does a failed opening."""
    with SMTPServer() as server, pooled(server, connections=1) as pool:
        talk = pool.borrow()
        server.fault("banner", "554 5.3.2 no", times=2)
        with pytest.raises(Failure, match="554"):
            pool.renew(talk)
        with pytest.raises(Failure, match="554"):
            pool.borrow()
        assert pool.borrow().usable


def test_closed() -> None:
    """What lies idle is ended at once, what is lent when it is given back; then all begins anew."""
    with SMTPServer() as server, pooled(server) as pool:
        idle, lent = pool.borrow(), pool.borrow()
        pool.give_back(idle)
        pool.close()
        assert eventually(lambda: server.open_connections == 1)
        pool.give_back(lent)
        assert eventually(lambda: server.open_connections == 0)
        pool.give_back(pool.borrow())
        assert server.open_connections == 1


def test_gone_with_its_owner() -> None:
    """A pool that nobody holds ends its talks and its alarm."""
    with SMTPServer() as server:
        pool = Pool(Relay(server.host, server.port), World())
        pool.give_back(pool.borrow())
        before = threading.active_count()
        del pool
        assert eventually(lambda: server.open_connections == 0)
        assert server.commands[-1] == "QUIT"
        assert eventually(lambda: threading.active_count() < before)


def test_careful_for_a_while() -> None:
    """New talks do without groups until the relay may have been mended."""
    now = [1000.0]
    with SMTPServer() as server:
        pool = Pool(Relay(server.host, server.port), World(monotonic=lambda: now[0]))
        pool.be_careful()
        careful = pool.borrow()
        now[0] += CAREFUL
        usual = pool.borrow()
        assert (careful.careful, usual.careful) == (True, False)
        pool.give_back(careful)
        pool.give_back(usual)


def in_child(pool: Pool, idle: Talk, lent: Talk, found: SimpleQueue[object]) -> None:
    """What a forked child sees of its parent's pool."""
    found.put((idle.usable, lent.usable))
    pool.give_back(lent)
    for _ in range(2):
        assert pool.borrow() not in (idle, lent)
    found.put(len(pool._lent))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked() -> None:
    """A child begins with no talk and all places, and its parent's go on undisturbed."""
    forking = multiprocessing.get_context("fork")
    with SMTPServer() as server, pooled(server) as pool:
        idle, lent = pool.borrow(), pool.borrow()
        pool.give_back(idle)
        found = forking.SimpleQueue()
        child = forking.Process(target=in_child, args=(pool, idle, lent, found))
        child.start()
        assert (found.get(), found.get()) == ((False, False), 2)
        child.join()
        assert child.exitcode == 0
        assert pool.borrow() is idle
        assert (idle.silent, lent.silent) == (True, True)
        assert "QUIT" not in server.commands


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_talk_that_was_lent_before_a_fork() -> None:
    """Who holds it goes on with one of the child's own."""
    forking = multiprocessing.get_context("fork")
    with SMTPServer() as server, pooled(server, connections=1) as pool:
        lent, found = pool.borrow(), forking.SimpleQueue()

        def renew() -> None:
            pool.give_back(pool.renew(lent))
            found.put(pool.borrow().usable)

        child = forking.Process(target=renew)
        child.start()
        assert found.get()
        child.join()
        assert lent.silent


def test_many_threads_few_talks() -> None:
    """Never more than allowed are open, and everybody has his turn."""
    with SMTPServer() as server, pooled(server, connections=3) as pool:
        most: list[int] = []

        def use() -> None:
            for _ in range(20):
                talk = pool.borrow()
                most.append(server.open_connections)
                if len(most) % 7 == 0:
                    talk.hang_up()
                pool.give_back(talk)

        threads = [threading.Thread(target=use) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(most) == 240
        assert len(pool._lent) == 0
        assert pool._open == len(pool._idle) <= 3
