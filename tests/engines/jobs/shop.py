"""An app whose mail a queue carries; `celery -A tests.engines.jobs.shop worker` does its jobs.

JOBS_CONFIG in the environment, a JSON object, configures it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from celery import Celery, Task
from flask import Flask

from flask_mailwright import Mail

CONFIG = "JOBS_CONFIG"


def make_shop(config: Mapping[str, Any]) -> tuple[Flask, Mail]:
    """As Flask's page on Celery shows it, with the mail before the Celery."""
    app = Flask(config.get("NAME", "shop"))
    app.config.update(MAIL_DEFAULT_SENDER="shop@example.com", MAIL_ENGINE="celery")
    app.config.update(config)
    mail = Mail(app)
    app.extensions["celery"] = make_celery(app)
    return app, mail


def make_celery(app: Flask) -> Celery:
    """Its tasks run within the app's context."""

    class FlaskTask(Task):  # type: ignore[misc]
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    made = Celery(app.name, task_cls=FlaskTask)
    made.config_from_object({"broker_connection_retry_on_startup": True, **app.config["CELERY"]})
    return made


if CONFIG in os.environ:
    flask_app, mail = make_shop(json.loads(os.environ[CONFIG]))
    app = flask_app.extensions["celery"]
    if "BESIDE" in flask_app.config:
        beside = make_shop(flask_app.config["BESIDE"])
        app.set_default()
