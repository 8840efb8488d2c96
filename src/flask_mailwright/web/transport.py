"""In development, without any relay: mail ends in the development mailbox."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from flask import Flask

from ..envelope import Receipt, Reply, SealedMail
from .path import PREFIX

if TYPE_CHECKING:
    from .capture import Capture


class MailboxTransport:
    """Nothing leaves the machine; a mail that cannot be kept has failed."""

    name = "mailbox:"
    local = True

    def __init__(self, capture: Capture, now: Callable[[], float]) -> None:
        self._capture = capture
        self._now = now

    def deliver(self, mail: SealedMail) -> Receipt:
        """Keep it, where the copies of other mails are."""
        self._capture.store.keep(mail, self._now(), "")
        text = "kept in the development mailbox"
        replies = [Reply(to.address, "relayed", text=text) for to in mail.envelope.recipients]
        return Receipt(mail.message_id, tuple(replies))


def tell_where(app: Flask) -> None:
    """One line in the app's log; not from commands, nor from a process that only reloads."""
    context = click.get_current_context(silent=True)
    if context is not None and (context.info_name != "run" or _is_reloader(context, app)):
        return
    app.logger.info(
        "mail goes to the development mailbox, %s (app.debug is set, MAIL_URL and MAIL_SERVER"
        " are not)",
        f"{_root(context)}{PREFIX}/",
    )


def _is_reloader(context: click.Context, app: Flask) -> bool:
    reloads = context.params.get("reload")
    wanted = app.debug if reloads is None else reloads
    return bool(wanted) and os.environ.get("WERKZEUG_RUN_MAIN") != "true"


def _root(context: click.Context | None) -> str:
    """As `flask run` was told; another server does not say where it listens."""
    if context is None:
        return ""
    host = context.params.get("host") or "127.0.0.1"
    scheme = "https" if context.params.get("cert") else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{context.params.get('port')}"
