"""`celery worker -I tests.engines.jobs.late_acks`: no word of a child is read before the end.

That a child has taken a job is read only when the worker has begun to end, as on a machine that is
so busy that SIGTERM comes first.
"""

from __future__ import annotations

from typing import Any

from billiard.pool import ApplyResult
from celery.concurrency.asynpool import AsynPool

_unread: list[tuple[Any, ...]] = []
_ack, _flush = ApplyResult._ack, AsynPool.flush


def _read_later(*words: Any) -> None:
    _unread.append(words)


def _read_all(pool: Any) -> None:
    _flush(pool)
    ApplyResult._ack = _ack
    for words in _unread:
        _ack(*words)


ApplyResult._ack = _read_later
AsynPool.flush = _read_all
