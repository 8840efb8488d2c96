"""The app context in which templates render and signals are sent."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from flask import Flask, current_app


def pushed_app() -> Flask | None:
    """The app whose context is pushed in this thread, if any."""
    try:
        return itself(current_app)
    except RuntimeError:
        return None


def itself(app: Flask) -> Flask:
    """The app behind `current_app`."""
    found: Flask = getattr(app, "_get_current_object", lambda: app)()
    return found


def context_of(app: Flask) -> AbstractContextManager[object]:
    """The context of `app`: the one that is pushed, or a new one."""
    return nullcontext() if pushed_app() is app else app.app_context()
