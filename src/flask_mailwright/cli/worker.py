"""`flask mail worker`: a process that does nothing but deliver, until it is told to end."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable

import click
from flask.cli import with_appcontext

from .app import app_state, outbox
from .terminal import say

LOOK = 0.2
"""Seconds between two looks whether a signal has come: to wait for one may miss it on Windows."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@click.command("worker")
@with_appcontext
def command() -> None:
    """Deliver from the outbox until SIGTERM or Ctrl-C.

    Mails in hand have 25 s then (MAIL_TIMING, grace); a second signal ends at once.
    """
    state, engine = app_state(), outbox()
    if state.way("").local:
        raise click.ClickException(_LOCAL)
    _show_log()
    called = _listen()
    store = engine.begin_work()
    say(f"mail worker {os.getpid()} delivers from {engine.place} for {store.app}")
    while not called():
        threading.Event().wait(LOOK)
    ended = engine.end_work(state.config.routes.hang_up)
    say(f"mail worker {os.getpid()} {_ENDED if ended else _NOT_ENDED}")
    if not ended:
        raise SystemExit(1)


_LOCAL = (
    "mail of this app reaches nobody, so a worker has nothing to do: it would only deliver what it"
    " has submitted itself. Set MAIL_URL or MAIL_SERVER to a relay, and no MAIL_SUPPRESS_SEND or"
    " TESTING"
)
_ENDED = "has ended; every mail it had in hand has its answer"
_NOT_ENDED = "has ended with a mail in hand; it is in doubt"


def _listen() -> Callable[[], bool]:
    """Whether a signal has come; from then on the next one ends the process as it always did."""
    came: list[int] = []

    def on_signal(number: int, frame: object) -> None:
        came.append(number)
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)

    for each in _SIGNALS:
        signal.signal(each, on_signal)
    return lambda: bool(came)


def _show_log() -> None:
    """A line for each attempt, unless the app has set up its own log."""
    logger = logging.getLogger("flask_mailwright")
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
