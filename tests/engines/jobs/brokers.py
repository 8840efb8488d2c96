"""The brokers that jobs go through: those of the machine, and one of our own that can be away."""

from __future__ import annotations

import signal
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu.connection import Connection

from tests.services import require_service
from tests.testing.raw_client import eventually

URLS = {
    "redis": "redis://127.0.0.1:6379/7",
    "rabbitmq": "amqp://guest:guest@127.0.0.1:5672//",
}


@pytest.fixture(params=URLS)
def broker(request: pytest.FixtureRequest) -> str:
    """The URL of each."""
    return reached(request.param)


def reached(name: str) -> str:
    """Its URL; without it the test is skipped, or fails under CI."""
    url = URLS[name]
    require_service(name, _missing(url))
    return url


def _missing(url: str) -> str | None:
    connect: Any = Connection
    try:
        with connect(url, connect_timeout=3) as connection:
            connection.connect()
    except OSError as error:
        return str(error)
    return None


def fresh_queue() -> str:
    """A name that nobody uses."""
    return f"mailwright-{uuid.uuid4().hex}"


class OwnRedis:
    """A Redis that is killed and started again, and keeps what it had on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """It answers when this returns."""
        command = ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self._folder), "--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        assert eventually(self._answers, within=20)

    def kill(self) -> None:
        """As a crash does."""
        self._signal(signal.SIGKILL)

    def stall(self) -> None:
        """It takes connections and says nothing, until `kill`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def forget(self) -> None:
        """All that it was given."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """One that is there, and gone behind the block."""
    server = OwnRedis(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
