"""What an engine is handed of an app: how to deliver, whom to tell, and what the app has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from flask import Flask

from .appcontext import context_of
from .appdatabase import app_database
from .config import Config
from .engines import Delivery, Engine, Way
from .envelope import Receipt, SealedMail
from .record import is_listened_to
from .transports import Transport, deliver_by_route
from .transports.carrying import carries
from .web.capture import Capture
from .world import World


class Road(Protocol):
    """The app's, as it is when a mail is delivered: the engine itself is a part of it."""

    @property
    def engine(self) -> Engine:
        """The one that was handed this."""

    @property
    def capture(self) -> Capture:
        """Of the development mailbox, which is told too."""

    def transport_of(self, route: str) -> Transport:
        """Where the mail of a route goes at this moment."""

    def way(self, route: str) -> Way:
        """What an engine may know of that."""

    def record(self, mail: SealedMail, receipt: Receipt) -> None:
        """What became of it."""


def handed(app: Flask, config: Config, world: World, db: Any, road: Callable[[], Road]) -> Delivery:
    """`road` is asked when mail is delivered, for it is not there before its engine is."""

    def transport_of(route: str) -> Transport:
        transport = road().transport_of(route)
        if getattr(road().engine, "in_caller", False):
            return transport
        patient: Transport = getattr(transport, "patient", transport)
        return patient

    def deliver_now(mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        return deliver_by_route(transport_of, mails)

    shared = app_database(app, db) if db is not None else None
    return Delivery(
        deliver_now,
        lambda mail, receipt: road().record(mail, receipt),
        world,
        app=app.name,
        timing=config.timing,
        outbox=config.outbox._replace(folder=app.instance_path, shared=shared),
        way=lambda route: road().way(route),
        carries=lambda route, hurry: carries(transport_of(route), hurry),
        listened=lambda: is_listened_to() or road().capture.is_on,
        hang_up=config.routes.hang_up,
        extension=app.extensions.get,
        within=partial(context_of, app),
    )
