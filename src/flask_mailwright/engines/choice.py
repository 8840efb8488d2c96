"""The engine that `MAIL_ENGINE` names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import ConfigError
from ..importpath import call, load
from . import Delivery, Engine
from .inline import InlineEngine
from .jobs.celery import celery_engine
from .jobs.rq import rq_engine
from .outbox.engine import OutboxEngine
from .threads import ThreadsEngine

NAMES: dict[str, Callable[[Delivery], Engine]] = {
    "threads": ThreadsEngine,
    "outbox": OutboxEngine,
    "inline": InlineEngine,
    "celery": celery_engine,
    "rq": rq_engine,
}


def engine_named(name: str) -> Callable[[Delivery], Engine]:
    """What makes one of ours, or one of `package.module:factory`; ConfigError when there is none.

    >>> engine_named("threads").__name__
    'ThreadsEngine'
    """
    if name in NAMES:
        return NAMES[name]
    if ":" not in name:
        known = ", ".join(NAMES)
        raise ConfigError([f"MAIL_ENGINE must be {known} or an import path, module:factory"])
    return partial(_own, load("MAIL_ENGINE", name))


def _own(factory: Callable[..., Any], delivery: Delivery) -> Engine:
    engine: Engine = call("MAIL_ENGINE", factory, delivery)
    if not callable(getattr(engine, "submit", None)):
        raise ConfigError(
            ["MAIL_ENGINE: its factory gave no engine: it has no submit(mail, order)"]
        )
    return engine
