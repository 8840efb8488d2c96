"""The jobs that the children of a Celery worker have when it ends.

A worker that ends forgets each job that it was not told a child does (`AsynPool.flush`, Celery 5.4
to 5.7). A child tells that at once, but the worker may not have read it yet: the child does the job
then, nobody hears how it went, and the broker gives it to another worker. And of a large job that
it has begun to send it does not send the rest, and both wait for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from selectors import EVENT_WRITE, DefaultSelector
from typing import Any

LOOK = 0.5
"""Seconds after which it is looked whether a child that reads nothing lives."""


def keep_what_is_given(pool: Any) -> None:
    """The worker waits for every job that a child was given; a pool without children knows all."""
    children = getattr(pool, "_pool", None)
    if hasattr(children, "outbound_buffer"):
        pool.flush = partial(_flush, children, pool.flush)


def _flush(children: Any, flush: Callable[[], None]) -> None:
    for job in list(children._cache.values()):
        if job not in children.outbound_buffer and _hand_over(children, job):
            job._accepted = True
    flush()


def _hand_over(children: Any, job: Any) -> bool:
    """Whether a child was sent it; of what it was sent in part it now gets the rest."""
    writer = getattr(job, "_writer", None)
    if writer is None:
        return False
    sending = writer()  # a weak reference: what has sent it whole is gone
    if sending is not None:
        _send_rest(job._write_to, sending)
        children._active_writers.discard(sending)
    return True


def _send_rest(child: Any, sending: Iterator[None]) -> None:
    """As far as it lives to read it."""
    with DefaultSelector() as pipe, suppress(StopIteration, OSError):
        pipe.register(child.inqW_fd, EVENT_WRITE)
        while child._is_alive():
            if pipe.select(LOOK):
                next(sending)
