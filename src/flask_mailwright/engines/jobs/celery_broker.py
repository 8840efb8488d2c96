"""The broker of an app's own Celery: where jobs go, and how long it is waited for."""

from __future__ import annotations

import threading
from typing import Any

from ...errors import MailError
from ...process import in_forked_child
from .. import Delivery
from ..order import Priority
from . import Works
from .refusal import told

CONNECTIONS = 10
"""To the broker, from one process, where Celery's `broker_pool_limit` says nothing."""
WAITS = {"redis": 3600.0, "rediss": 3600.0, "sqs": 1800.0}
"""Seconds behind which a broker gives a job that waits to a second worker, unless
`visibility_timeout` says otherwise. With RabbitMQ it is 30 minutes."""
_RABBIT = 1800.0
_ABANDONED: list[object] = []
"""Pools of a parent process: to close their connections here would end the parent's."""


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
        with (
            told("Celery's broker"),
            self._pool().acquire(block=True, timeout=self._delivery.timing.connect) as to,
        ):
            task.apply_async(
                arguments,
                producer=to,
                retry=True,
                retry_policy=_ONCE_MORE,
                serializer="json",
                argsrepr=shown(self.app),
                confirm_timeout=self._delivery.timing.reply,
                add_to_parent=False,
                mandatory=True,
                **options,
            )

    def _lent(self) -> Any:
        return self._pool().acquire(block=True, timeout=self._delivery.timing.connect)

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


def shown(app: str) -> str:
    """What logs and dashboards have of a job's arguments."""
    return f"({app!r}, ...)"


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
