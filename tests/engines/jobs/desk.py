"""A broker on a desk: jobs lie there until the test does them. `MAIL_ENGINE` may name it."""

from __future__ import annotations

from typing import NamedTuple

from flask_mailwright import Mail
from flask_mailwright.engines import Delivery
from flask_mailwright.engines.jobs import Works, engine_over
from flask_mailwright.engines.jobs.parcel import Parcel
from flask_mailwright.engines.order import Priority
from flask_mailwright.errors import MailError

ENGINE = f"{__name__}:DeskEngine"


class Job(NamedTuple):
    """One that is to be done in so many seconds."""

    parcel: str
    priority: Priority
    after: float


class Desk:
    """Keeps a job for an hour."""

    longest = 3600.0

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.rings = 0
        self.is_away = False

    def ring(self) -> None:
        """Heard."""
        self._reach()
        self.rings += 1

    def post(self, parcel: str, priority: Priority, after: float) -> None:
        """Put down."""
        self._reach()
        self.jobs.append(Job(parcel, priority, after))

    def close(self) -> None:
        """It stays where it is."""

    def _reach(self) -> None:
        if self.is_away:
            raise MailError("the desk is away", kind="temporary", stage="queue")


def DeskEngine(delivery: Delivery) -> object:  # noqa: N802 - as MAIL_ENGINE names it
    """The engine, which has its desk and what is done there."""
    desk = Desk()
    engine, works = engine_over(delivery, desk)
    engine.desk, engine.works = desk, works  # type: ignore[attr-defined]
    return engine


def desk_of(mail: Mail) -> Desk:
    """Of an app whose engine it is."""
    found: Desk = mail._state().engine.desk  # type: ignore[attr-defined]
    return found


def works_of(mail: Mail) -> Works:
    """What is done there."""
    found: Works = mail._state().engine.works  # type: ignore[attr-defined]
    return found


def do_next(mail: Mail, *, at_once: bool = True) -> Job:
    """Take the first job from the desk, as if its time had come if it is to be done at once."""
    job = desk_of(mail).jobs.pop(0)
    parcel = Parcel.read(job.parcel)
    due = 0.0 if at_once else parcel.due
    works_of(mail).take(parcel._replace(due=due).to_json())
    return job
