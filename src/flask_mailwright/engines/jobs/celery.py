"""`MAIL_ENGINE="celery"`: jobs for the workers of the app's own Celery, `app.extensions["celery"]`.

There are four tasks: `mailwright.wake`, and `mailwright.high`, `.normal` and `.bulk`, which hold a
mail each. `task_routes` puts them into queues of their own. With a shared outbox each child of a
worker that takes `mailwright.wake` delivers, from its start on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, cast
from weakref import WeakSet

from ...errors import ConfigError, MailError
from ...process import in_forked_child
from .. import Delivery, Engine
from ..order import PRIORITIES, Priority
from . import Works, engine_over

logger = logging.getLogger("flask_mailwright")

CONNECTIONS = 10
"""To the broker, from one process, where Celery's `broker_pool_limit` says nothing."""
AGAIN = 60
"""Seconds after which a worker tries a job again that it could not do."""
BEFORE = 10.0
"""Seconds before a job goes back to a broker that takes no other."""
LONGEST = 3600.0
"""Seconds for which a task may work: each wait of a delivery has its own end before."""
WAITS = {"redis": 3600.0, "rediss": 3600.0, "sqs": 1800.0}
"""Seconds behind which a broker gives a job that waits to a second worker, unless
`visibility_timeout` says otherwise. With RabbitMQ it is 30 minutes."""
_RABBIT = 1800.0
_ABANDONED: list[object] = []
"""Pools of a parent process: to close their connections here would end the parent's."""
_BROKERS: WeakSet[CeleryBroker] = WeakSet()


def celery_engine(delivery: Delivery) -> Engine:
    """Asks for the app's Celery with the first mail, for it may be made behind `init_app`."""
    _announce()
    broker = CeleryBroker(delivery)
    engine, broker.works = engine_over(delivery, broker)
    _BROKERS.add(broker)
    return engine


class CeleryBroker:
    """The broker of the app's Celery, over connections of our own: no call waits for ever."""

    works: Works

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._producers: Any = None
        self._begin()
        in_forked_child(self._begin)

    def _begin(self) -> None:
        _ABANDONED.append(self._producers)
        self._producers = None
        self._opening = threading.Lock()

    @property
    def app(self) -> str:
        """The name of the Flask app."""
        return self._delivery.app

    @property
    def celery(self) -> Any:
        """The app's own Celery."""
        found = self._delivery.extension("celery")
        if found is None:
            raise MailError(_NO_CELERY, kind="configuration", stage="queue")
        return found

    @property
    def sweep(self) -> float:
        """Seconds between two looks of a worker."""
        return self._delivery.timing.sweep

    @property
    def longest(self) -> float:
        """Seconds for which a job may wait: behind them a second worker would get it too."""
        conf = self.celery.conf
        scheme = str(conf.broker_write_url or "").partition(":")[0]
        found = conf.broker_transport_options.get("visibility_timeout")
        return float(found or WAITS.get(scheme, _RABBIT))

    def is_of(self, celery: Any) -> bool:
        """Whether these are its jobs."""
        return self._delivery.extension("celery") is celery

    @property
    def is_consumed(self) -> bool:
        """Whether the worker that this process is a child of takes jobs of ours, as far as known.

        A route may name an exchange in place of a queue: then a job tells.
        """
        amqp = self.celery.amqp
        queue = amqp.router.route({}, "mailwright.wake").get("queue")
        return queue is not None and queue.name in amqp.queues.consume_from

    def ring(self) -> None:
        """Some worker is to look into the outbox."""
        self._send("mailwright.wake", self.app)

    def post(self, parcel: str, priority: Priority, after: float) -> None:
        """Some worker is to deliver this, in so many seconds."""
        if after > 0 and self.celery.conf.task_always_eager:
            raise MailError(_EAGER, kind="configuration", stage="queue")
        options = {"countdown": after} if after > 0 else {}
        self._send(f"mailwright.{priority}", self.app, parcel, **options)

    def close(self) -> None:
        """End the connections."""
        with self._opening:
            producers, self._producers = self._producers, None
        if producers is not None:
            producers.force_close_all()
            producers.connections.force_close_all()

    def _send(self, name: str, *arguments: str, **options: Any) -> None:
        task = self.celery.tasks[name]
        if not {"json", "application/json"} & set(self.celery.conf.accept_content):
            raise MailError(_NO_JSON, kind="configuration", stage="queue")
        with _told(), self._pool().acquire(block=True, timeout=self._delivery.timing.connect) as to:
            task.apply_async(
                arguments,
                producer=to,
                retry=True,
                retry_policy=_ONCE_MORE,
                serializer="json",
                argsrepr=_shown(self.app),
                confirm_timeout=self._delivery.timing.reply,
                add_to_parent=False,
                mandatory=True,
                **options,
            )

    def _pool(self) -> Any:
        with self._opening:
            if self._producers is None:
                self._producers = self._opened()
            return self._producers

    def _opened(self) -> Any:
        from kombu.pools import ProducerPool

        celery, timing = self.celery, self._delivery.timing
        try:
            connection = celery.connection_for_write(connect_timeout=timing.connect)
        except ValueError:
            raise MailError(_BAD_URL, kind="configuration", stage="queue") from None
        connection.transport_options.update(_options(connection.transport.driver_type, timing))
        limit = celery.conf.broker_pool_limit or CONNECTIONS
        producers: Any = ProducerPool
        return producers(connections=connection.Pool(limit=limit), limit=limit)


_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_max": 0}
"""On a new connection, for the one in the pool may be from before the broker's restart."""


def _options(driver: str, timing: Any) -> dict[str, Any]:
    """AMQP says nothing when it throws a message away, unless it is asked to confirm each."""
    if driver == "amqp":
        limits = {"read_timeout": timing.reply, "write_timeout": timing.content}
        return {"confirm_publish": True, **limits}
    return {"socket_connect_timeout": timing.connect, "socket_timeout": timing.reply}


@contextmanager
def _told() -> Iterator[None]:
    """Whatever a broker's client raises means that it does not have the job for certain."""
    try:
        yield
    except MailError:
        raise
    except Exception as error:
        sentence = f"Celery's broker takes no job ({type(error).__name__}: {error})"
        raise MailError(sentence, kind="temporary", stage="queue") from error


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
        _works(task.app, app).take(parcel)
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
            again: Exception = task.retry(countdown=AGAIN, throw=False, argsrepr=_shown(app))
            return again
    threading.Event().wait(BEFORE)
    return cast("Exception", Reject(error, requeue=True))


def _shown(app: str) -> str:
    """What logs and dashboards have of a job's arguments."""
    return f"({app!r}, ...)"


def _works(celery: Any, app: str) -> Works:
    for broker in _BROKERS:
        if broker.app == app and broker.is_of(celery):
            return broker.works
    raise MailError(_NO_APP.format(app), kind="configuration", stage="queue")


def _ready(sender: Any, **_more: Any) -> None:
    """The worker is there: from now on somebody looks, whatever the broker may lose."""
    for broker in _BROKERS:
        if broker.is_of(sender.app):
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


_NO_CELERY = (
    'MAIL_ENGINE=celery: the app has no Celery; set app.extensions["celery"] to it, as Flask\'s'
    " page on Celery shows"
)
_EAGER = (
    "with Celery's task_always_eager nobody does a job later: set MAIL_ENGINE=outbox where there is"
    " no worker"
)
_NO_JSON = (
    'the app\'s Celery throws jobs of mail away, for they are JSON: add "json" to its'
    " accept_content"
)
_BAD_URL = (
    "Celery's broker_url cannot be read: in its user and password write all but letters and digits"
    " as %XX"
)
_NO_PACKAGE = "MAIL_ENGINE=celery needs Celery: pip install 'flask-mailwright[celery]'"
_NO_APP = (
    "no app {!r} with MAIL_ENGINE=celery uses the Celery of this worker: let the module that"
    " `celery -A` names make that Flask app"
)
