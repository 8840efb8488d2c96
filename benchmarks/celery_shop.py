"""The tutorial's way: Celery and Redis between the view and Flask-Mail, one task for each mail.

`celery -A benchmarks.celery_shop worker`; the relay's port, the queue and the broker are in the
environment.
"""

from __future__ import annotations

import os
from typing import Any

import flask_mail
from celery import Celery
from flask import render_template

from benchmarks.drafts import SENDER
from benchmarks.peers import BROKER, PORT, QUEUE, REDIS
from benchmarks.shop import shop

app = shop(int(os.environ[PORT]))
mail = flask_mail.Mail(app)
celery = Celery("shop", broker=os.environ.get(BROKER, REDIS))
celery.conf.task_default_queue = os.environ[QUEUE]
celery.conf.broker_connection_retry_on_startup = True


def send_email(to: str, subject: str, template: str, **context: Any) -> None:
    data = {
        "to": to,
        "subject": subject,
        "body": render_template(f"{template}.txt", **context),
        "html": render_template(f"{template}.html", **context),
    }
    task.delay(data)


def send_async_email(data: dict[str, str]) -> None:
    message = flask_mail.Message(data["subject"], sender=str(SENDER), recipients=[data["to"]])
    message.body, message.html = data["body"], data["html"]
    with app.app_context():
        mail.send(message)


task = celery.task(send_async_email, name="send_async_email", ignore_result=True)
