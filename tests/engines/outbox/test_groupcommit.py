"""One commits for all who wait; each hears of its own trouble alone."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_mailwright.engines.outbox.groupcommit import GroupCommit
from flask_mailwright.errors import MailError
from tests.testing.raw_client import eventually


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
