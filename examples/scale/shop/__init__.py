"""A shop that has outgrown one machine: its mail is in its own transactions, and workers deliver.

Celery is its queue, or RQ with FLASK_MAIL_ENGINE=rq, or none with FLASK_MAIL_ENGINE=outbox.
"""

from __future__ import annotations

import os

from flask import Flask
from flask_rq import RQ

from . import queue, views
from .models import db
from .orders import mail

rq = RQ()


def create_app() -> Flask:
    """DATABASE_URL, REDIS_URL, FLASK_MAIL_URL and so on come from the environment."""
    redis = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
    app = Flask(__name__)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=os.environ.get(
            "DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1/shop"
        ),
        MAIL_DEFAULT_SENDER="The Shop <shop@example.com>",
        MAIL_ENGINE="celery",
        MAIL_WORKER="external",
        CELERY=queue.settings(redis),
        RQ_CONNECTION=redis,
    )
    app.config.from_prefixed_env()
    for extension in (db, mail, rq, queue):
        extension.init_app(app)
    app.register_blueprint(views.shop)
    return app
