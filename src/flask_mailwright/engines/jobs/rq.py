"""`MAIL_ENGINE="rq"`: jobs for RQ's workers, over what the app has as `app.extensions["rq"]`.

That is Flask-RQ, or a Redis connection of one's own, or a dict of RQ's queues by name. A mail goes
to the queue of its priority's name, `high`, `normal` or `bulk`, if there is one, else to `default`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from copy import copy
from datetime import timedelta
from functools import partial
from math import ceil, inf
from typing import Any
from weakref import WeakSet

from ...errors import ConfigError, MailError
from .. import Delivery, Engine
from ..order import Priority
from . import Works, engine_over
from .refusal import told

logger = logging.getLogger("flask_mailwright")

WORK = 30.0
"""Seconds for which a job delivers from the outbox before it leaves the rest to another."""
LONGEST = 3600
"""Seconds for which a job may work: each wait of a delivery has its own end before."""
AGAIN = 60.0
"""Seconds after which it is looked again for mail that this worker could not deliver."""
LOST = 10
"""Seconds behind which a job that has not looked is no excuse not to send another."""
TRIES = 5
"""How often a job is done again whose process was killed; then RQ keeps it as failed."""
KEPT = 365 * 86_400
"""Seconds for which it does."""
_BROKERS: WeakSet[RqBroker] = WeakSet()


def rq_engine(delivery: Delivery) -> Engine:
    """Asks for the queues with the first mail, for they may be made behind `init_app`."""
    broker = RqBroker(delivery)
    engine, broker.works = engine_over(delivery, broker)
    _BROKERS.add(broker)
    return engine


def wake(app: str) -> None:
    """The job that says there is mail in the app's outbox; for a cron of RQ too."""
    broker = _broker(app)
    broker.begin_look()
    try:
        pause = _pause_behind(broker.works)
    except MailError as error:
        logger.warning("a worker does not deliver yet, and tries again in %s s: %s", AGAIN, error)
        pause = AGAIN
    if pause is not None:
        broker.ring(pause)


def _pause_behind(works: Works) -> float | None:
    """Deliver; seconds until there should be another job, None when nothing waits."""
    if not works.work(WORK):
        return 0.0
    pause = works.pause
    if pause is None or pause > 0:
        return pause and max(pause, 1.0)
    return AGAIN  # what is due is not for this worker


def take(app: str, parcel: str) -> None:
    """The job that is a mail."""
    _broker(app).works.take(parcel)


class RqBroker:
    """The Redis behind the app's queues, over connections of our own: no call waits for ever."""

    works: Works
    longest = inf

    def __init__(self, delivery: Delivery) -> None:
        _rq()
        self._delivery = delivery
        self._queues: dict[str, Any] = {}
        self._owes_a_job = False
        """Others rely on it by now, and Redis did not take it yet."""

    @property
    def app(self) -> str:
        """The name of the Flask app."""
        return self._delivery.app

    def ring(self, after: float = 0.0) -> None:
        """Some worker is to look into the outbox, in so many seconds.

        One job is enough for all that was put in before it looks.
        """
        if after:
            self._enqueue("normal", after, wake, self.app, job_id=self._later(after))
        elif self._owes_a_job or self._is_first():
            self._owes_a_job = True
            self._enqueue("normal", 0.0, wake, self.app)
            self._owes_a_job = False

    def _later(self, after: float) -> str:
        """One job for all who ask for the same second; in RQ's letters, whatever the app's name.

        It is never the job that asks, for RQ deletes that one when it ends.
        """
        due = ceil(self._delivery.world.now() + after)
        found, asking = f"mailwright-{self.app.encode().hex()}-{due}", _rq().get_current_job()
        return f"{found}-too" if asking is not None and asking.id == found else found

    def begin_look(self) -> None:
        """What is put in from here on needs another job."""
        with told("RQ's Redis"):
            self._queue_for("normal").connection.delete(self._waits)

    @property
    def _waits(self) -> str:
        """The key in Redis of a job that has not looked yet; for a while, for it may be lost."""
        return f"mailwright:{self.app}:waits"

    def _is_first(self) -> bool:
        with told("RQ's Redis"):
            return bool(self._queue_for("normal").connection.set(self._waits, 1, nx=True, ex=LOST))

    def post(self, parcel: str, priority: Priority, after: float) -> None:
        """Some worker is to deliver this, in so many seconds."""
        self._enqueue(priority, after, take, self.app, parcel)

    def close(self) -> None:
        """End the connections."""
        queues, self._queues = self._queues, {}
        for queue in queues.values():
            queue.connection.close()
            queue.connection.connection_pool.disconnect()

    def _enqueue(
        self, priority: Priority, after: float, job: Callable[..., None], *words: str, **more: Any
    ) -> None:
        with told("RQ's Redis"):
            queue = self._queue_for(priority)
            call = partial(queue.enqueue, job) if not after else partial(_plan, queue, after, job)
            call(*words, **_options(), **more)

    def _queue_for(self, priority: Priority) -> Any:
        if not self._queues:
            self._queues = {name: self._own(queue) for name, queue in self._found().items()}
        queues = self._queues
        return queues.get(priority) or queues.get("default") or next(iter(queues.values()))

    def _found(self) -> dict[str, Any]:
        """The queues that the app has, by name."""
        found = self._delivery.extension("rq")
        if found is None:
            raise MailError(_NO_RQ, kind="configuration", stage="queue")
        if isinstance(found, Mapping):
            return dict(found)
        if hasattr(found, "make_worker"):  # Flask-RQ, which asks for its app
            with self._delivery.within():
                return dict(found.queues)
        return {"default": _rq().Queue("default", connection=found)}

    def _own(self, queue: Any) -> Any:
        """The same queue, over a connection that does not wait for ever."""
        pool, timing = queue.connection.connection_pool, self._delivery.timing
        limits = {"socket_connect_timeout": timing.connect, "socket_timeout": timing.reply}
        ours = copy(pool)  # of whatever kind, such as Sentinel's
        ours.connection_kwargs = {**pool.connection_kwargs, **limits}
        ours.reset()
        return type(queue)(
            queue.name,
            connection=type(queue.connection)(connection_pool=ours),
            is_async=queue.is_async,
            job_class=queue.job_class,
            serializer=queue.serializer,
        )


def _rq() -> Any:
    try:
        import rq
    except ImportError as error:
        raise ConfigError([_NO_PACKAGE]) from error
    return rq


def _options() -> dict[str, Any]:
    """`description`: RQ shows it, and would show the mail."""
    times = {"job_timeout": LONGEST, "result_ttl": 0, "failure_ttl": KEPT}
    return {**times, "description": "mail", "retry": _rq().Retry(max=TRIES)}


def _plan(queue: Any, after: float, job: Callable[..., None], *words: str, **more: Any) -> None:
    if not queue.connection.exists(f"rq:scheduler-lock:{queue.name}"):
        logger.warning(_NO_SCHEDULER, after, queue.name)
    queue.enqueue_in(timedelta(seconds=after), job, *words, **more)


def _broker(app: str) -> RqBroker:
    for broker in _BROKERS:
        if broker.app == app:
            return broker
    raise MailError(_NO_APP.format(app), kind="configuration", stage="queue")


_NO_RQ = (
    'MAIL_ENGINE=rq: the app has no queues; use Flask-RQ, or set app.extensions["rq"] to a Redis'
    " connection or to a dict of RQ's queues by name"
)
_NO_PACKAGE = "MAIL_ENGINE=rq needs RQ: pip install 'flask-mailwright[rq]'"
_NO_APP = (
    "no app {!r} with MAIL_ENGINE=rq is loaded in this worker: start it with `flask rq worker`, or"
    " from a script that makes the app first"
)
_NO_SCHEDULER = (
    "a job of mail is to be done in %.0f s and RQ's scheduler does not run for the queue %r: start"
    " a worker --with-scheduler"
)
