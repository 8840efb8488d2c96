"""One commits for all who wait; each hears of its own trouble alone."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from math import inf

import pytest

from flask_mailwright.engines.outbox.groupcommit import GroupCommit
from flask_mailwright.errors import MailError
from tests.testing.raw_client import eventually


class Company:
    """Some have just been committed together, by a clock that only commits put forward."""

    def __init__(
        self, threads: ThreadPoolExecutor, some: int, takes: float, longest: float = inf
    ) -> None:
        self.commits: list[list[int]] = []
        self.clock, self.takes = 0.0, takes
        self._begun, self._go_on = threading.Event(), threading.Event()
        self.group = GroupCommit(self._commit, monotonic=lambda: self.clock, longest=longest)
        first = threads.submit(self.group.add, [0])
        self._begun.wait(5)
        others = [threads.submit(self.group.add, [0]) for _ in range(some)]
        assert eventually(lambda: len(self.group._waiting) == some)
        self._go_on.set()
        for each in (first, *others):
            each.result(5)
        self.commits.clear()

    def _commit(self, items: list[int]) -> None:
        self._begun.set()
        self._go_on.wait(5)
        self.clock += self.takes
        self.commits.append(sorted(items))

    @property
    def is_awaited(self) -> bool:
        """Somebody waits for the others."""
        return self.group._gathers is not None


def test_those_who_wait_are_committed_together() -> None:
    """While one commit takes its time fifteen others come, and make one more."""
    commits: list[list[int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def commit(items: list[int]) -> None:
        begun.set()
        go_on.wait(5)
        commits.append(items)

    group = GroupCommit(commit)
    with ThreadPoolExecutor(16) as threads:
        first = threads.submit(group.add, [0])
        begun.wait(5)
        others = [threads.submit(group.add, [n]) for n in range(1, 16)]
        assert eventually(lambda: len(group._waiting) == 15)
        go_on.set()
        for each in (first, *others):
            each.result()
    assert [sorted(items) for items in commits] == [[0], list(range(1, 16))]


def test_one_bad_item_is_the_trouble_of_whoever_brought_it() -> None:
    """The others of its group are committed."""
    kept: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def commit(items: list[int]) -> None:
        begun.set()
        go_on.wait(5)
        if 13 in items:
            raise ValueError("13")
        kept.extend(items)

    group = GroupCommit(commit)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(group.add, [0])
        begun.wait(5)
        others = [threads.submit(group.add, [n]) for n in (11, 12, 13, 14)]
        go_on.set()
        first.result()
        assert [other.exception() is None for other in others] == [True, True, False, True]
    assert sorted(kept) == [0, 11, 12, 14]


def test_trouble_of_the_store_is_everybodys_own_error() -> None:
    """Each raises an error of its own, which nobody else adds a traceback to."""

    def commit(items: list[int]) -> None:
        raise MailError("the disk is full", kind="temporary", stage="store")

    group = GroupCommit(commit)
    with pytest.raises(MailError, match="the disk is full") as caught:
        group.add([1])
    assert (caught.value.kind, caught.value.stage) == ("temporary", "store")


def test_an_interrupted_leader_leaves_nobody_behind() -> None:
    """Those who wait are taken on by the next."""
    kept: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def commit(items: list[int]) -> None:
        if items == [0]:
            begun.set()
            go_on.wait(5)
            raise KeyboardInterrupt
        kept.extend(items)

    group = GroupCommit(commit)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(group.add, [0])
        begun.wait(5)
        others = [threads.submit(group.add, [n]) for n in (1, 2)]
        go_on.set()
        assert isinstance(first.exception(), KeyboardInterrupt)
        for other in others:
            other.result(5)
    assert sorted(kept) == [1, 2]


def test_who_came_while_another_waited_in_vain_does_not_wait_anew() -> None:
    """All have their answer within the patience of one."""
    begun, go_on, clock = threading.Event(), threading.Event(), iter([0.0, 30.0])

    def commit(items: list[int]) -> None:
        begun.set()
        go_on.wait(5)
        raise MailError("locked", kind="temporary", stage="store")

    group = GroupCommit(commit, patience=30.0, monotonic=clock.__next__)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(group.add, [0])
        begun.wait(5)
        others = [threads.submit(group.add, [n]) for n in (1, 2, 3)]
        assert eventually(lambda: len(group._waiting) == 3)
        go_on.set()
        assert [each.exception() is not None for each in (first, *others)] == [True] * 4


def test_who_is_committed_waits_for_nobody_else() -> None:
    """He returns while the next group is under way."""
    begun, go_on = threading.Event(), threading.Event()
    again, at_last = threading.Event(), threading.Event()

    def commit(items: list[int]) -> None:
        entered, may_leave = (begun, go_on) if 0 in items else (again, at_last)
        entered.set()
        may_leave.wait(5)

    group = GroupCommit(commit, most=2)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(group.add, [0])
        begun.wait(5)
        others = [threads.submit(group.add, [n]) for n in (1, 2)]
        assert eventually(lambda: len(group._waiting) == 2)
        go_on.set()
        first.result(5)
        again.wait(5)
        assert not any(other.done() for other in others)
        at_last.set()
        for other in others:
            other.result(5)


def test_who_was_committed_with_others_waits_for_them() -> None:
    """They come again, and one commit is less than two."""
    with ThreadPoolExecutor(4) as threads:
        company = Company(threads, 3, takes=5.0)
        early = [threads.submit(company.group.add, [n]) for n in (1, 2)]
        assert eventually(lambda: len(company.group._waiting) == 2 and company.is_awaited)
        company.group.add([3])
        for each in early:
            each.result(5)
    assert company.commits == [[1, 2, 3]]
    assert not company.is_awaited


def test_who_does_not_come_is_waited_for_as_long_as_a_commit_takes() -> None:
    """And not at all by the next, who was not committed with anybody."""
    with ThreadPoolExecutor(4) as threads:
        company = Company(threads, 3, takes=0.1)
        early = threads.submit(company.group.add, [1])
        assert eventually(lambda: company.is_awaited)
        company.takes = 60.0
        early.result(5)
        company.group.add([2])
    assert company.commits == [[1], [2]]


def test_who_was_committed_long_ago_is_not_waited_for() -> None:
    """He may have been somebody's only mail of that hour."""
    with ThreadPoolExecutor(4) as threads:
        company = Company(threads, 3, takes=60.0, longest=60.0)
        company.clock += 61.0
        threads.submit(company.group.add, [1]).result(5)
    assert company.commits == [[1]]


def test_a_commit_that_waited_for_the_store_is_no_measure() -> None:
    """Once the store is free again nobody waits as long as it was not."""
    with ThreadPoolExecutor(4) as threads:
        company = Company(threads, 3, takes=60.0, longest=0.1)
        threads.submit(company.group.add, [1]).result(5)
    assert company.commits == [[1]]


def test_who_is_interrupted_while_he_waits_for_others_leaves_nobody_behind() -> None:
    """Those who came are committed without him."""
    with ThreadPoolExecutor(4) as threads:
        company = Company(threads, 3, takes=1.0)

        def join_and_interrupt() -> None:
            assert eventually(lambda: company.is_awaited)
            others.append(threads.submit(company.group.add, [2]))
            assert eventually(lambda: len(company.group._waiting) == 2)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        others = [threads.submit(join_and_interrupt)]
        with pytest.raises(KeyboardInterrupt):
            company.group.add([1])
        for each in others:
            each.result(5)
        company.group.add([3])
    assert company.commits == [[2], [3]]
