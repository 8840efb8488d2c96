"""The brokers that jobs go through: those of the machine, and one of our own that can be away."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from kombu.connection import Connection
from redis.sentinel import Sentinel

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


class OwnBroker:
    """A server that is killed and started again, and keeps what it had on disk."""

    url: str

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._port = _free_port()
        self.config = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """It answers when this returns."""
        command, environ = self._command()
        self._process = subprocess.Popen(
            command,
            env=os.environ | environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert eventually(self._listens, within=40)  # Kombu would look every other second
        assert eventually(lambda: _missing(self.url) is None, within=40)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
            return True
        return False

    def kill(self) -> None:
        """As a crash does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stall(self) -> None:
        """It takes connections and says nothing, until `kill`."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def forget(self, queue: str) -> None:
        """What waits there."""
        connect: Any = Connection
        with connect(self.url) as connection:
            connection.default_channel.queue_purge(queue)

    def _command(self) -> tuple[list[str], dict[str, str]]:
        raise NotImplementedError


class OwnRedis(OwnBroker):
    """It writes to its disk before it answers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def _command(self) -> tuple[list[str], dict[str, str]]:
        command = ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self._folder), "--appendonly", "yes", "--appendfsync", "always"]
        return command, {}


class OwnRabbitMQ(OwnBroker):
    """A node beside the machine's."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"
        self._nodes_port = _free_port()
        self.config = f"listeners.tcp.1 = 127.0.0.1:{self._port}\n"

    def _command(self) -> tuple[list[str], dict[str, str]]:
        file = self._folder / "rabbitmq.conf"
        file.write_text(self.config)
        environ = {
            "HOME": self._folder,
            "RABBITMQ_NODENAME": f"mailwright{self._port}@localhost",
            "RABBITMQ_DIST_PORT": self._nodes_port,
            "RABBITMQ_MNESIA_BASE": self._folder,
            "RABBITMQ_LOG_BASE": self._folder,
            "RABBITMQ_ENABLED_PLUGINS_FILE": self._folder / "plugins",
            "RABBITMQ_CONFIG_FILE": file,
            "RABBITMQ_ADVANCED_CONFIG_FILE": self._folder / "none",
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
        }
        server = "/usr/lib/rabbitmq/bin/rabbitmq-server"
        return [server], {name: str(value) for name, value in environ.items()}


OWN: dict[str, type[OwnBroker]] = {"redis": OwnRedis, "rabbitmq": OwnRabbitMQ}


@contextmanager
def own_broker(name: str, folder: Path, more: str = "") -> Iterator[OwnBroker]:
    """One that is there, and gone behind the block; `more` is for its file of configuration."""
    reached(name)  # where the machine has none, there is no program either
    server = OWN[name](folder)
    server.config += more
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def own_sentinel(url: str, folder: Path) -> Iterator[redis.Redis]:
    """A connection to this Redis, by way of a sentinel that is gone behind the block."""
    port, file = _free_port(), folder / "sentinel.conf"
    file.write_text(f"port {port}\nsentinel monitor ours 127.0.0.1 {urlsplit(url).port} 1\n")
    process = subprocess.Popen(["redis-server", str(file), "--sentinel"], stdout=subprocess.DEVNULL)
    make: Any = Sentinel
    sentinel = make([("127.0.0.1", port)], socket_timeout=5)
    connection: redis.Redis = sentinel.master_for("ours")
    try:
        assert eventually(lambda: _answers(connection))
        yield connection
    finally:
        connection.close()
        for each in sentinel.sentinels:
            each.close()
        process.kill()
        process.wait()


def _answers(connection: redis.Redis) -> bool:
    with suppress(redis.RedisError):
        return bool(connection.ping())
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
