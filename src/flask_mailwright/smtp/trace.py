"""The dialogue in the log, without secrets and without content."""

from __future__ import annotations

import logging

from .replies import RelayReply, shorten
from .step import Step

logger = logging.getLogger("flask_mailwright.smtp")


def show_trace() -> None:
    """Let it be seen, on standard error where the application has not set up its logging."""
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.DEBUG)
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler())


def trace_step(relay: str, step: Step) -> None:
    """What we say: its safe form, or its lines."""
    data = step.data if isinstance(step.data, bytes) else b""
    shown = step.shown() if callable(step.shown) else step.shown
    for line in (shown or data.decode("utf-8", "replace")).splitlines():
        logger.debug("%s C: %s", relay, shorten(line))


def trace_reply(relay: str, reply: RelayReply) -> None:
    """What the relay says, scrubbed by whoever read it."""
    for line in reply.lines:
        logger.debug("%s S: %d %s", relay, reply.code, shorten(line))


def trace_event(relay: str, event: str) -> None:
    """What happens to the talk itself."""
    logger.debug("%s %s", relay, event)
