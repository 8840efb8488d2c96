"""The database that `Mail(db=db)` names: its tables, its sessions, and what is said about them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, appcontext_tearing_down, g, has_app_context, has_request_context, request

from .appcontext import context_of, pushed_app
from .engines import AppDatabase
from .engines.outbox import joining, metadata
from .errors import ConfigError, MailError

logger = logging.getLogger("flask_mailwright")

NEEDED = ("session", "engine", "metadata")
_ABANDONED = "_mailwright_abandoned"


def prepare(db: Any) -> None:
    """Once, as soon as it is known: migrations see our tables, and we its sessions.

    ConfigError when it is nothing like Flask-SQLAlchemy's object.
    """
    missing = [name for name in NEEDED if not _has(db, name)]
    if missing:
        raise ConfigError(
            [f"Mail(db=...): {type(db).__name__} has no .{name}; pass Flask-SQLAlchemy's object"
             for name in missing]
        )  # fmt: skip
    metadata.join(db.metadata)
    joining.watch()


def app_database(app: Flask, db: Any) -> AppDatabase:
    """`db` as the engine is to see it in `app`."""

    def engine() -> Any:
        with context_of(app):
            return db.engine

    def session() -> Any:
        if pushed_app() is not app:
            return None
        return db.session() if callable(db.session) else db.session

    return AppDatabase(engine, session, _place, _abandoned)


def raise_in_development(app: Flask) -> Callable[..., None]:
    """Where somebody looks, a transaction that was left open is an error, not a line in the log.

    Returns what listens, as long as somebody holds it.
    """

    def on_teardown(_app: Flask, *, exc: BaseException | None = None, **_others: Any) -> None:
        sentences = g.pop(_ABANDONED, [])
        if sentences and exc is None and (app.testing or app.debug):
            raise MailError(sentences[0], kind="invalid", stage="store")

    appcontext_tearing_down.connect(on_teardown, app)
    return on_teardown


def _has(db: Any, name: str) -> bool:
    """Its attributes may want an app context, so they are not asked for."""
    return hasattr(type(db), name) or name in getattr(db, "__dict__", ())


def _place() -> str:
    if not has_request_context():
        return "outside of a request"
    return f"endpoint {request.endpoint}"


def _abandoned(sentence: str) -> None:
    logger.error(sentence)
    if has_app_context():
        g.setdefault(_ABANDONED, []).append(sentence)
