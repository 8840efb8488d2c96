"""The last step of the road: one log line per attempt, one signal per recipient."""

from __future__ import annotations

import logging
import traceback
from operator import attrgetter

from flask import Flask

from .envelope import Receipt, SealedMail
from .signals import Event, announce_all, email_delayed, email_failed, email_in_doubt, email_relayed

logger = logging.getLogger("flask_mailwright")

_SIGNALS = {
    "relayed": email_relayed,
    "delayed": email_delayed,
    "failed": email_failed,
    "in_doubt": email_in_doubt,
}
_RECEIVERS = attrgetter("receivers")


def record(app: Flask, mail: SealedMail, receipt: Receipt) -> None:
    """Tell the log and the signals what became of `mail`; nothing is raised."""
    try:
        _log(mail, receipt)
    except Exception:  # noqa: BLE001 - a log handler's trouble is not the mail's
        traceback.print_exc()
    if is_listened_to():
        announce_all(app, _events(mail, receipt))


def is_listened_to() -> bool:
    """Whether any signal has a receiver."""
    return any(map(_RECEIVERS, _SIGNALS.values()))


def _events(mail: SealedMail, receipt: Receipt) -> list[Event]:
    return [
        (_SIGNALS[reply.action], {"mail": mail, "reply": reply})
        for reply in receipt.replies
        if reply.action in _SIGNALS
    ]


def _log(mail: SealedMail, receipt: Receipt) -> None:
    if receipt.error is None and not logger.isEnabledFor(logging.INFO):
        return
    reached, people = len(receipt.relayed), len(receipt.replies)
    if receipt.is_suppressed:
        logger.debug("%s suppressed for %d recipients", mail.message_id, people)
        return
    if receipt.error is None:
        said = receipt.relayed[0].text if receipt.relayed else ""
        logger.info("%s relayed to %s: %s", mail.message_id, _whom(receipt), said)
        return
    level = logging.WARNING if reached else logging.ERROR
    error = receipt.error
    logger.log(
        level,
        "%s relayed to %d of %d recipients; %s at stage %s: %s",
        *(mail.message_id, reached, people, error.kind, error.stage or "seal", error),
    )


def _whom(receipt: Receipt) -> str:
    people, suppressed = len(receipt.replies), len(receipt.suppressed)
    if not suppressed:
        return f"all {people} recipients"
    return f"{people - suppressed} of {people} recipients, suppressed for the others"
