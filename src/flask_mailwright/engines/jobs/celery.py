"""`MAIL_ENGINE="celery"`: jobs for the workers of the app's own Celery, `app.extensions["celery"]`.

There are four tasks: `mailwright.wake`, and `mailwright.high`, `.normal` and `.bulk`, which hold a
mail each. `task_routes` puts them into queues of their own. With a shared outbox each child of a
worker that takes `mailwright.wake` delivers, from its start on.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from functools import cache
from typing import Any, cast
from weakref import WeakSet

from ...errors import ConfigError, MailError
from .. import Delivery, Engine
from ..order import PRIORITIES
from . import Works, engine_over
from .celery_broker import CeleryBroker, shown
from .celery_children import keep_what_is_given

logger = logging.getLogger("flask_mailwright")

AGAIN = 60
"""Seconds after which a worker tries a job again that it could not do."""
BEFORE = 10.0
"""Seconds before a job goes back to a broker that takes no other."""
LONGEST = 3600.0
"""Seconds for which a task may work: each wait of a delivery has its own end before."""
_BROKERS: WeakSet[CeleryBroker] = WeakSet()


def celery_engine(delivery: Delivery) -> Engine:
    """Asks for the app's Celery with the first mail, for it may be made behind `init_app`."""
    _announce()
    broker = CeleryBroker(delivery)
    engine, broker.works = engine_over(delivery, broker)
    _BROKERS.add(broker)
    return engine


@cache
def _announce() -> None:
    """Every Celery app knows the tasks, whether it is made before or behind this."""
    try:
        from celery import shared_task, signals
    except ImportError as error:
        raise ConfigError([_NO_PACKAGE]) from error
    shared_task(name="mailwright.wake", **_TASK)(_wake)
    for priority in PRIORITIES:
        shared_task(name=f"mailwright.{priority}", **_TASK)(_take)
    signals.worker_process_init.connect(_begin, weak=False)
    signals.worker_ready.connect(_ready, weak=False)
    for ending in (signals.worker_process_shutdown, signals.worker_shutdown):
        ending.connect(_end, weak=False)


_TASK: dict[str, Any] = {
    "bind": True,
    "acks_late": True,
    "reject_on_worker_lost": True,
    "acks_on_failure_or_timeout": False,
    "ignore_result": True,
    "max_retries": None,
    "time_limit": LONGEST,
    "soft_time_limit": LONGEST,
}


def _wake(task: Any, app: str) -> None:
    """There is mail in the app's outbox."""
    try:
        _works(task.app, app).wake()
    except MailError as error:
        logger.warning("a worker does not deliver yet: %s", error)


def _take(task: Any, app: str, parcel: str) -> None:
    """A mail to deliver; it comes again until that was done."""
    try:
        again = (task.request.delivery_info or {}).get("redelivered")
        _works(task.app, app).take(parcel, again=bool(again))
    except Exception as error:
        if task.request.is_eager:
            raise
        logger.exception("a mail is not delivered yet; a worker tries again in %s s", AGAIN)
        raise _again(task, app, error) from error


def _again(task: Any, app: str, error: Exception) -> Exception:
    """The job is done again as a new one; where the broker takes none this one comes back."""
    from celery.exceptions import Reject

    if not (isinstance(error, MailError) and error.stage == "queue" and error.kind == "temporary"):
        with suppress(Reject):  # which would throw the mail away
            again: Exception = task.retry(countdown=AGAIN, throw=False, argsrepr=shown(app))
            return again
    threading.Event().wait(BEFORE)
    return cast("Exception", Reject(error, requeue=True))


def _works(celery: Any, app: str) -> Works:
    for broker in _BROKERS:
        if broker.app == app and broker.is_of(celery):
            return broker.works
    raise MailError(_NO_APP.format(app), kind="configuration", stage="queue")


def _ready(sender: Any, **_more: Any) -> None:
    """The worker is there: from now on somebody looks, whatever the broker may lose."""
    for broker in _BROKERS:
        if broker.is_of(sender.app):
            keep_what_is_given(sender.pool)
            broker.works.sweep()
            sender.timer.call_repeatedly(broker.sweep, broker.works.sweep)


def _begin(**_more: Any) -> None:
    """A child of the worker is there, perhaps in the place of one that was killed."""
    from celery import current_app

    for broker in _BROKERS:
        if broker.is_of(current_app._get_current_object()) and broker.is_consumed:
            broker.works.begin()


def _end(**_more: Any) -> None:
    for broker in _BROKERS:
        broker.works.end()


_NO_PACKAGE = "MAIL_ENGINE=celery needs Celery: pip install 'flask-mailwright[celery]'"
_NO_APP = (
    "no app {!r} with MAIL_ENGINE=celery uses the Celery of this worker: let the module that"
    " `celery -A` names make that Flask app"
)
