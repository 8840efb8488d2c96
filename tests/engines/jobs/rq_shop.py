"""An app whose mail RQ carries: `flask --app tests.engines.jobs.rq_shop rq worker` does its jobs.

RQ_JOBS_CONFIG configures it. As a script it works with a Redis connection of its own instead.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import rq
from flask import Flask
from flask_rq import RQ
from redis import Redis

from flask_mailwright import Mail

CONFIG = "RQ_JOBS_CONFIG"


def make_rq_shop(config: Mapping[str, Any]) -> tuple[Flask, Mail]:
    """OWN: the URL of a Redis that the app itself connects to, and the name of its queue."""
    app = Flask(config.get("NAME", "shop"))
    app.config.update(MAIL_DEFAULT_SENDER="shop@example.com", MAIL_ENGINE="rq")
    app.config.update(config)
    mail = Mail(app)
    if "OWN" in config:
        url, name = config["OWN"]
        app.extensions["rq"] = {"default": rq.Queue(name, connection=Redis.from_url(url))}
    else:
        RQ(app)
    return app, mail


def work(app: Flask) -> None:
    """As RQ's page shows it."""
    with app.app_context():
        queues = list(app.extensions["rq"].values())
        rq.Worker(queues, connection=queues[0].connection).work(with_scheduler=True)


if CONFIG in os.environ:
    app, mail = make_rq_shop(json.loads(os.environ[CONFIG]))
    if __name__ == "__main__":
        work(app)
