"""Celery, as Flask's page on it shows: its tasks run within the app's context."""

from __future__ import annotations

from typing import Any

from celery import Celery, Task
from flask import Flask


def settings(broker: str) -> dict[str, Any]:
    """All of mail's jobs have a queue of their own, so that no other task keeps them waiting."""
    return {
        "broker_url": broker,
        "broker_connection_retry_on_startup": True,
        "task_ignore_result": True,
        "task_routes": {"mailwright.*": {"queue": "mail"}},
    }


def init_app(app: Flask) -> None:
    class FlaskTask(Task):  # type: ignore[misc]
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery(app.name, task_cls=FlaskTask)
    celery.config_from_object(app.config["CELERY"])
    celery.set_default()
    app.extensions["celery"] = celery
