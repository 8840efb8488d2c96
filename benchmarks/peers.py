"""The servers that our peers need, on their usual loopback ports."""

from __future__ import annotations

import os
from typing import Any

import psycopg
import redis
from kombu.connection import Connection

POSTGRESQL = "host=127.0.0.1 user=postgres dbname=postgres connect_timeout=3"
REDIS = os.environ.get("BENCHMARK_REDIS", "redis://127.0.0.1:6379/9")
PORT, QUEUE, FOLDER = "BENCHMARK_RELAY_PORT", "BENCHMARK_QUEUE", "BENCHMARK_FOLDER"
BROKER, OUTBOX = "BENCHMARK_BROKER", "BENCHMARK_OUTBOX_URL"
"""Where a worker is told of the relay, and of its queue or its outbox."""


def missing_postgresql() -> str | None:
    """Why it cannot be used; None when it can."""
    try:
        psycopg.connect(POSTGRESQL).close()
    except psycopg.Error as error:
        return str(error)
    return None


def missing_redis() -> str | None:
    """Why it cannot be used; None when it can."""
    try:
        redis.Redis.from_url(REDIS).ping()
    except redis.RedisError as error:
        return str(error)
    return None


def forget(queue: str, broker: str = REDIS) -> None:
    """Delete a queue and what Celery has noted about it."""
    if not broker.startswith("redis"):
        connect: Any = Connection
        with connect(broker) as connection:
            connection.default_channel.queue_delete(queue)
            connection.default_channel.exchange_delete(queue)
        return
    with redis.Redis.from_url(broker) as server:
        for key in list(server.scan_iter(f"*{queue}")):
            server.delete(key)
