"""What the application may listen to; every signal's sender is the Flask app."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from blinker import NamedSignal, Namespace
from flask import Flask

from .appcontext import context_of

signals = Namespace()
logger = logging.getLogger(__name__)

before_send = signals.signal(
    "before-send",
    "(app, message): before the checks, in the caller; may change the message or raise Refused.",
)
email_dispatched = signals.signal(
    "email-dispatched",
    "(app, message): after `send`, `connection.send` and for suppressed mail, in the caller.",
)
email_queued = signals.signal(
    "email-queued", "(app, mail, ticket): the engine has taken the sealed mail, in the caller."
)
email_relayed = signals.signal(
    "email-relayed", "(app, mail, reply): the relay took it for this recipient."
)
email_delayed = signals.signal(
    "email-delayed", "(app, mail, reply): this recipient will be tried again."
)
email_failed = signals.signal("email-failed", "(app, mail, reply): this recipient was not reached.")
email_in_doubt = signals.signal(
    "email-in-doubt", "(app, mail, reply): the content was handed over and no answer came."
)


Event = tuple[NamedSignal, dict[str, Any]]


def announce(app: Flask, signal: NamedSignal, **facts: Any) -> None:
    """Call every receiver inside the app's context."""
    announce_all(app, [(signal, facts)])


def announce_all(app: Flask, events: Iterable[Event]) -> None:
    """The same for several; what goes wrong is logged and stops nobody else: the mail is out."""
    heard = [event for event in events if event[0].has_receivers_for(app)]
    if not heard:
        return
    try:
        with context_of(app):
            for signal, facts in heard:
                _call(app, signal, facts)
    except Exception:
        logger.exception("the app context for receivers failed")


def _call(app: Flask, signal: NamedSignal, facts: dict[str, Any]) -> None:
    for receiver in signal.receivers_for(app):
        try:
            receiver(app, **facts)
        except Exception:
            logger.exception("a receiver of %s failed", signal.name)
