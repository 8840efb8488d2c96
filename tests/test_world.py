"""What the package asks of its surroundings."""

import ctypes
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_mailwright.testing import SMTPServer
from flask_mailwright.timing import LONGEST, seconds
from flask_mailwright.world import World, dial


def test_the_first_address_that_answers() -> None:
    """`localhost` may be ::1 first, where nobody listens."""
    with SMTPServer() as server, dial("localhost", server.port, 5) as sock:
        assert sock.getpeername() == ("127.0.0.1", server.port)


def test_nobody_answers() -> None:
    """The last address's own error."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        dial("127.0.0.1", port, 5)


def test_no_time_is_left() -> None:
    """The deadline is for all addresses together."""
    with SMTPServer() as server, pytest.raises(TimeoutError, match="no connection within 0 s"):
        dial("127.0.0.1", server.port, 0)


def test_tokens() -> None:
    """32 hexadecimal digits, never twice."""
    tokens = {World().token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)


@pytest.mark.parametrize("fork", [os.fork, ctypes.PyDLL(None).fork])
def test_a_forked_child_has_tokens_of_its_own(fork: Callable[[], int]) -> None:
    """Though its parent has drawn chance for more than it has used; uWSGI does not tell Python."""
    token = World().token
    token()
    read, write = os.pipe()
    child = fork()
    if child == 0:
        os.write(write, token().encode())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    theirs = os.read(read, 99).decode()
    os.close(read)
    os.close(write)
    assert len(theirs) == 32
    assert theirs[12:] not in {token()[12:] for _ in range(200)}


def test_many_threads_have_no_token_twice() -> None:
    """They draw at the same moment."""
    with ThreadPoolExecutor(8) as threads:
        drawn = [token for some in threads.map(_tokens, range(16)) for token in some]
    assert len(set(drawn)) == len(drawn) == 16 * 1_000


def _tokens(_: int) -> list[str]:
    return [World().token() for _ in range(1_000)]


@pytest.mark.parametrize("value", [1, 0.5, "0.5", " 30 ", LONGEST])
def test_seconds(value: object) -> None:
    """Numbers, also as text."""
    assert seconds(value) == float(str(value))


@pytest.mark.parametrize("value", [0, -1, True, None, "", "x", "inf", "nan", LONGEST + 1, 10**400])
def test_no_seconds(value: object) -> None:
    """What no socket could wait for."""
    with pytest.raises(ValueError, match="must be a number of seconds above 0, at most 1728000"):
        seconds(value)


def test_tokens_sort_by_their_moment() -> None:
    """So that what was made together lies together in a database; none comes twice."""
    world = World()
    first = world.token()
    time.sleep(0.002)
    assert first < world.token()
    assert len({world.token() for _ in range(1000)}) == 1000
    assert len(first) == 32
