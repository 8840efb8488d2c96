"""Ours with the same Celery: wake-ups for an outbox, or without one the mails themselves.

`celery -A benchmarks.job_shop worker`; the environment is `celery_shop`'s, and the outbox's URL.
"""

from __future__ import annotations

import os

from celery import Celery

from benchmarks.peers import BROKER, OUTBOX, PORT, QUEUE, REDIS
from benchmarks.shop import shop
from flask_mailwright import Mail

app = shop(
    int(os.environ[PORT]), MAIL_ENGINE="celery", MAIL_OUTBOX_URL=os.environ.get(OUTBOX) or None
)
mail = Mail(app)
celery = Celery("shop", broker=os.environ.get(BROKER, REDIS))
celery.conf.task_default_queue = os.environ[QUEUE]
celery.conf.broker_connection_retry_on_startup = True
app.extensions["celery"] = celery
