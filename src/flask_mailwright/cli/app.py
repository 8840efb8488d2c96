"""What a command asks of the app it works for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask import current_app

from ..engines.outbox.engine import OutboxEngine

if TYPE_CHECKING:
    from ..appstate import AppState


def app_state() -> AppState:
    """What the app has of us."""
    state: AppState = current_app.extensions["mailwright"]
    return state


def outbox() -> OutboxEngine:
    """The app's outbox; a sentence for the terminal when it has none."""
    engine = app_state().engine
    if not isinstance(engine, OutboxEngine):
        raise click.ClickException(
            "this app has no outbox: its mail goes through another engine; set MAIL_ENGINE=outbox"
        )
    return engine
