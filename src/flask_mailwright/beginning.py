"""An engine that finds its work in a store begins with the first request that a process serves."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, request_started

from .engines import Engine
from .errors import MailError

logger = logging.getLogger("flask_mailwright")


def begin_with_requests(
    app: Flask, engine: Engine, is_wanted: Callable[[], bool]
) -> Callable[..., None] | None:
    """So that what an earlier process left is delivered, even if nobody sends anything.

    Returns what listens, as long as somebody holds it.
    """
    begin: Callable[[], object] | None = getattr(engine, "begin", None)
    if begin is None:
        return None
    begun: set[int] = set()

    def on_request(app: Flask, **others: Any) -> None:
        if os.getpid() not in begun and getattr(engine, "may_hold_mail", True) and is_wanted():
            begun.add(os.getpid())
            threading.Thread(target=_begin, args=(begin,), daemon=True).start()

    request_started.connect(on_request, app)
    return on_request


def _begin(begin: Callable[[], object]) -> None:
    """Apart from the request, which must not wait for it."""
    try:
        begin()
    except MailError as error:
        logger.warning("what waits in the outbox is not delivered by this process yet: %s", error)
