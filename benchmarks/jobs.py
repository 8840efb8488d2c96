"""Who sends through Celery: the tutorial's task, and ours with its outbox here and there.

Each has a worker of its own with as many children as the others' (`--pool prefork`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.beside import Beside
from benchmarks.peers import REDIS, missing_postgresql
from benchmarks.until_relayed import CELERY, Sender, Shop, with_celery
from tests.engines.outbox.databases import outbox_url

SQLITE = "flask-mailwright, wake-ups, SQLite"
POSTGRESQL = "flask-mailwright, wake-ups, PostgreSQL"
PAYLOAD = "flask-mailwright, the mail as the job"
TUTORIAL = CELERY.replace("Redis + ", "")


def senders(children: int, broker: str = REDIS) -> dict[str, Sender]:
    pool = ("--pool", "prefork", "--concurrency", str(children))
    ours = Shop("job", "job_shop", pool, broker)
    return {
        SQLITE: partial(woken, "sqlite", ours),
        POSTGRESQL: partial(woken, "postgresql", ours),
        PAYLOAD: partial(with_celery, ours),
        TUTORIAL: partial(with_celery, Shop("celery", "celery_shop", pool, broker)),
    }


@contextmanager
def woken(database: str, shop: Shop, port: int) -> Iterator[Beside]:
    """With an outbox that the worker shares, new and empty."""
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        outbox_url(database, Path(folder)) as url,
        with_celery(shop._replace(outbox=url), port) as sender,
    ):
        yield sender


def left_out() -> dict[str, str]:
    """Who cannot run here, and why."""
    missing = missing_postgresql()
    return {POSTGRESQL: missing} if missing else {}
