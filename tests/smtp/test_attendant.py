"""One thread that attends to whoever waits, with real sockets and real threads."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from flask_mailwright.smtp.attendant import Attendant
from flask_mailwright.smtp.waiting import Block, Call, Join, Raised, Waiting


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection."""
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        yield near, far


def reading(sock: socket.socket, heard: list[object], seconds: float = 5) -> Waiting[None]:
    """Notes what comes, or that nothing did."""
    try:
        yield Block(sock, False, seconds)
        heard.append(sock.recv(100))
    except TimeoutError:
        heard.append("nothing")


def test_it_goes_on_when_something_comes(pair: tuple[socket.socket, socket.socket]) -> None:
    """And not before."""
    near, far = pair
    heard: list[object] = []
    with Attendant(time.monotonic) as attendant:
        attendant.begin(reading(near, heard))
        attendant.attend(0)
        assert heard == []
        far.send(b"hello")
        attendant.attend(None)
    assert heard == [b"hello"]


def test_time_runs_out(pair: tuple[socket.socket, socket.socket]) -> None:
    """Attending ends with the first who has waited long enough; he is told."""
    heard: list[object] = []
    with Attendant(time.monotonic) as attendant:
        attendant.begin(reading(pair[0], heard, 0.1))
        began = time.monotonic()
        attendant.attend(5)
        assert 0.1 <= time.monotonic() - began < 2
        assert attendant.idle >= 0.1
    assert heard == ["nothing"]


def test_what_came_in_time_counts(pair: tuple[socket.socket, socket.socket]) -> None:
    """However late it is attended to."""
    near, far = pair
    heard: list[object] = []
    with Attendant(time.monotonic) as attendant:
        attendant.begin(reading(near, heard, 0.01))
        far.send(b"hello")
        time.sleep(0.05)
        attendant.attend(0)
    assert heard == [b"hello"]


def test_who_has_said_half(pair: tuple[socket.socket, socket.socket]) -> None:
    """He goes on when there is room for the rest."""
    near, far = pair
    said = []

    def writing() -> Waiting[None]:
        with suppress(BlockingIOError):
            while True:
                near.send(b"x" * 65536)
        yield Block(near, True, 5)
        said.append(near.send(b"x"))

    with Attendant(time.monotonic) as attendant:
        attendant.begin(writing())
        attendant.attend(0)
        assert said == []
        while len(far.recv(1 << 20)) == 1 << 20:
            pass
        attendant.attend(1)
    assert said == [1]


def test_woken(pair: tuple[socket.socket, socket.socket]) -> None:
    """Another thread may end the waiting."""
    with Attendant(time.monotonic) as attendant:
        attendant.begin(reading(pair[0], []))
        threading.Timer(0.05, attendant.wake).start()
        began = time.monotonic()
        assert attendant.attend(5)
        assert time.monotonic() - began < 2


def test_nobody_waits() -> None:
    """Then nothing is waited for."""
    with Attendant(time.monotonic) as attendant:
        assert not attendant.attend(None)


def test_calls_run_beside() -> None:
    """Two that wait for each other both come back with what they made."""
    meet, made = threading.Barrier(2), []

    def calling(name: str) -> Waiting[None]:
        made.append((yield Call(lambda: f"{name} {meet.wait(5) >= 0}")))

    with Attendant(time.monotonic) as attendant:
        attendant.begin(calling("a"))
        attendant.begin(calling("b"))
        while len(made) < 2:
            attendant.attend(None)
    assert sorted(made) == ["a True", "b True"]


def calling_in_vain(found: list[str]) -> Waiting[None]:
    """Notes the error of its call."""
    try:
        yield Call(lambda: dict[str, str]()["no"])
    except KeyError as error:
        found.append(str(error))


def test_a_call_that_fails() -> None:
    """Its error is thrown where it was called for."""
    found: list[str] = []
    with Attendant(time.monotonic) as attendant:
        attendant.begin(calling_in_vain(found))
        attendant.finish()
    assert found == ["'no'"]


def test_without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call runs in this one then."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    found: list[str] = []
    with Attendant(time.monotonic) as attendant:
        attendant.begin(calling_in_vain(found))
        attendant.attend(5)
    assert found == ["'no'"]


def test_the_end(pair: tuple[socket.socket, socket.socket]) -> None:
    """Whoever still waits is told to give up."""
    ended = []

    def waiting() -> Waiting[None]:
        try:
            yield Block(pair[0], False, 5)
        finally:
            ended.append(True)

    with Attendant(time.monotonic) as attendant:
        attendant.begin(waiting())
    assert ended == [True]


def test_the_end_while_a_call_is_under_way() -> None:
    """It is not waited for; what it makes is undone."""
    go_on, undone = threading.Event(), threading.Event()

    def calling() -> Waiting[None]:
        yield Call(lambda: go_on.wait(5), lambda made: undone.set())

    began = time.monotonic()
    with Attendant(time.monotonic) as attendant:
        attendant.begin(calling())
    assert time.monotonic() - began < 2
    go_on.set()
    assert undone.wait(5)


def test_the_end_before_what_was_made_is_heard_of() -> None:
    """It is undone too, once."""
    undone: list[str] = []

    def calling() -> Waiting[None]:
        yield Call(lambda: "made", undone.append)

    with Attendant(time.monotonic) as attendant:
        attendant.begin(calling())
        for thread in threading.enumerate():
            if thread.name == "mailwright-call":
                thread.join(5)
        assert undone == []
    assert undone == ["made"]


def test_an_error_that_nobody_expected(pair: tuple[socket.socket, socket.socket]) -> None:
    """It comes out, and he who raised it is attended to no longer."""
    near, far = pair

    def raising() -> Waiting[None]:
        yield Block(near, False, 5)
        raise KeyboardInterrupt

    with Attendant(time.monotonic) as attendant:
        attendant.begin(raising())
        far.send(b"x")
        with pytest.raises(KeyboardInterrupt):
            attendant.attend(5)
        assert not attendant.attend(5)


class Store:
    """Does what is asked for in one go, and notes how much that was."""

    def __init__(self) -> None:
        self.goes: list[int] = []

    def __call__(self, works: list[Callable[[], Any]]) -> list[Any]:
        self.goes.append(len(works))
        return [self.done(work) for work in works]

    def done(self, work: Callable[[], Any]) -> Any:
        """What it found, or its trouble."""
        try:
            return work()
        except ValueError as error:
            return Raised(error)


def joining(sock: socket.socket, found: list[object], work: Callable[[], Any]) -> Waiting[None]:
    """Asks for `work`, twice, behind what comes."""
    yield Block(sock, False, 5)
    sock.recv(100)
    for _ in range(2):
        try:
            found.append((yield Join(work)))
        except ValueError as error:
            found.append(str(error))


def test_what_several_ask_for_is_done_together() -> None:
    """Once all whom something has come for are there; each hears what he has asked for."""
    pairs = [socket.socketpair() for _ in range(3)]
    found: list[list[object]] = [[], [], []]
    store = Store()
    with Attendant(time.monotonic, store) as attendant:
        for number, (near, far) in enumerate(pairs):
            attendant.begin(joining(near, found[number], partial(int, number)))
            far.send(b"!")
        while attendant.attend(5):
            pass
    for each in pairs:
        each[0].close()
        each[1].close()
    assert found == [[0, 0], [1, 1], [2, 2]]
    assert store.goes == [3, 3]


def test_trouble_is_told_to_whom_it_belongs() -> None:
    """It is thrown where the work was asked for; the others go on."""
    found: list[object] = []

    def asking(work: Callable[[], Any]) -> Waiting[None]:
        try:
            found.append((yield Join(work)))
        except ValueError as error:
            found.append(str(error))

    with Attendant(time.monotonic, Store()) as attendant:
        attendant.begin(asking(lambda: int("none")))
        attendant.begin(asking(lambda: int("1")))
        attendant.finish()
    assert found == ["invalid literal for int() with base 10: 'none'", 1]


def test_what_is_there_while_he_waits_for_others_is_heard_behind(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """He goes on with what he has asked for last."""
    near, far = pair
    heard: list[object] = []

    def talking() -> Waiting[None]:
        yield Block(near, False, 5)
        heard.append(near.recv(5))
        heard.append((yield Join(partial(int, 7))))
        yield from reading(near, heard)

    with Attendant(time.monotonic, Store()) as attendant:
        attendant.begin(talking())
        far.send(b"firstsecond")
        attendant.finish()
    assert heard == [b"first", 7, b"second"]


def test_who_joins_may_close_his_socket_behind() -> None:
    """Another that has its number is watched anew."""
    heard: list[object] = []
    near, far = socket.socketpair()

    def talking() -> Waiting[None]:
        yield from reading(near, heard)
        yield Join(int)
        near.close()

    with Attendant(time.monotonic, Store()) as attendant, far:
        attendant.begin(talking())
        number = near.fileno()
        far.send(b"hello")
        attendant.finish()
        other, end = socket.socketpair()
        with other, end:
            assert number in (other.fileno(), end.fileno())
            for here, there in ((other, end), (end, other)):
                attendant.begin(reading(here, heard))
                there.send(b"again")
                attendant.finish()
    assert heard == [b"hello", b"again", b"again"]


def test_who_closes_his_socket_and_joins_may_have_its_number_again() -> None:
    """What comes on the new one is heard."""
    heard: list[object] = []
    near, far = socket.socketpair()

    def talking() -> Waiting[None]:
        yield from reading(near, heard)
        number = near.fileno()
        near.close()
        pair = yield Join(socket.socketpair)
        with pair[0], pair[1]:
            (new,) = (each for each in pair if each.fileno() == number)
            for each in pair:
                each.send(b"again")
            yield from reading(new, heard, 1)

    with Attendant(time.monotonic, Store()) as attendant, far:
        attendant.begin(talking())
        far.send(b"hello")
        attendant.finish()
    assert heard == [b"hello", b"again"]


@pytest.mark.parametrize("closes", [False, True])
def test_who_joins_leaves_his_socket_s_number_to_others(closes: bool) -> None:
    """Whether he has closed it, or has passed it on."""
    heard: list[object] = []
    near, far = socket.socketpair()
    number = near.fileno()

    def passed_on() -> tuple[socket.socket, socket.socket]:
        return socket.socketpair() if closes else (near, far)

    def joining_twice() -> Waiting[None]:
        yield from reading(near, heard)
        if closes:
            near.close()
        yield Join(int)
        yield Join(int)

    def taking() -> Waiting[None]:
        yield Block(other, False, 5)
        pair = yield Join(passed_on)
        with pair[0], pair[1]:
            (new,) = (each for each in pair if each.fileno() == number)
            for each in pair:
                each.send(b"again")
            yield from reading(new, heard, 1)

    other, bell = socket.socketpair()
    with Attendant(time.monotonic, Store()) as attendant, far, other, bell:
        attendant.begin(taking())
        attendant.begin(joining_twice())
        bell.send(b"!")
        far.send(b"hello")
        attendant.finish()
    assert heard == [b"hello", b"again"]


def test_who_joins_without_end_keeps_no_socket_waiting(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """Between two rounds everybody has his turn."""
    near, far = pair
    heard: list[object] = []

    def asking() -> Waiting[None]:
        while not heard:
            yield Join(int)

    with Attendant(time.monotonic, Store()) as attendant:
        attendant.begin(reading(near, heard))
        attendant.begin(asking())
        far.send(b"hello")
        attendant.finish()
    assert heard == [b"hello"]


def test_who_rings_waits_for_nobody() -> None:
    """Though nobody hears him."""
    with Attendant(time.monotonic) as attendant:
        for _ in range(5000):
            attendant.wake()


def test_who_waits_for_others_is_told_to_give_up_at_the_end() -> None:
    """His work is not done."""
    ended: list[str] = []

    def asking() -> Waiting[None]:
        try:
            yield Join(lambda: ended.append("done"))
        finally:
            ended.append("over")

    with Attendant(time.monotonic, Store()) as attendant:
        attendant.begin(asking())
    assert ended == ["over"]
