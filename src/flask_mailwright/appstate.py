"""What one app has of us: its configuration, its engine, and the road that its mail takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple, Self

from flask import Flask

from .appcontext import context_of
from .appdatabase import raise_in_development
from .beginning import begin_with_requests
from .config import Config, read, suppress_send
from .engines import Engine, Way
from .engines.outbox.suppressions import StoredSuppressions
from .envelope import Envelope, Receipt, Reply, SealedMail
from .errors import MessageError
from .handover import handed
from .languages import forced
from .message import Message
from .onlooking import is_watched, onlookers
from .previews import Preview
from .record import record
from .recording import Recorders
from .rendering import Rendering
from .sealing import Origin
from .signals import announce, before_send, email_dispatched
from .smtp.rate import Share, Slots, Wanted
from .staging.transport import staged
from .suppression.asking import Asking
from .suppression.spelling import Spelled
from .suppression.transport import unless_suppressed
from .suppression.unknown import suppress_unknown, unknown
from .transports import Transport
from .transports.signing import signing
from .transports.suppressing import SUPPRESSING
from .unsubscribe.exits import Exits
from .unsubscribe.hearers import Hearers
from .web.capture import Capture
from .web.transport import MailboxTransport, tell_where
from .world import World


class Outgoing(NamedTuple):
    """A message that passed every check, and what will travel of it."""

    message: Message
    mail: SealedMail


@dataclass(frozen=True, eq=False)
class AppState:
    """Built once at `init_app`; it holds no socket and no thread."""

    app: Flask
    config: Config
    world: World
    engine: Engine
    suppressions: Spelled
    """Who gets no mail."""
    capture: Capture
    listens: list[Callable[..., None] | None]
    recorders: Recorders = field(default_factory=Recorders)
    previews: Mapping[str, Preview] = field(default_factory=dict)
    hearers: Hearers = field(default_factory=Hearers)

    @classmethod
    def of(cls, app: Flask, world: World, db: Any = None, **more: Any) -> Self:
        """Read the app's keys (ConfigError) and make the engine they name.

        `more`: the fields that a class of its own has besides.
        """
        capture = Capture(app, world.now)
        mailbox = MailboxTransport(capture, world.now)

        def share(wanted: Wanted) -> Slots | None:
            counts: Share | None = getattr(engine, "share_rate", None)
            return counts(wanted) if counts else None

        config = cls._read(app, world, shared=db is not None, mailbox=mailbox, share=share)
        if config.routes.over("") is mailbox:
            tell_where(app)
        delivery = handed(app, config, world, db, lambda: state)
        own = config.suppressions  # it may be empty, and false for that
        stored = StoredSuppressions(delivery) if own is None else own
        engine = config.make_engine(delivery)  # behind it: at exit the engine ends first
        delivers = lambda: config.outbox.embedded and delivery.takes_all()  # noqa: E731
        listens = [begin_with_requests(app, engine, delivers)]
        if db is not None:
            listens.append(raise_in_development(app))
        state = cls(app, config, world, engine, Spelled(stored), capture, listens, **more)
        return state

    @classmethod
    def _read(cls, app: Flask, world: World, **more: Any) -> Config:
        within = partial(context_of, app)
        return read(cls.keys_of(app), world, debug=app.debug, within=within, **more)

    @classmethod
    def keys_of(cls, app: Flask) -> Mapping[str, Any]:
        """The app's configuration, as it is read."""
        return app.config

    @cached_property
    def rendering(self) -> Rendering:
        """Its templates, as mail needs them."""
        return Rendering(self.app, self.config.base_url, self.exits.url)

    @cached_property
    def exits(self) -> Exits:
        """Where readers leave its lists."""
        return Exits(self.app, self.config.base_url, self.world.now)

    @cached_property
    def origin(self) -> Origin:
        """What sealing adds to a message of this app."""
        return Origin(
            app=self.app.name,
            default_sender=self.config.default_sender,
            ascii_attachments=self.config.ascii_attachments,
            world=self.world,
            route_fault=self.config.routes.fault,
            note=self._note,
            unsubscribe_url=self.exits.url,
        )

    @property
    def suppressed(self) -> bool:
        """Whether mail stays here; asked at each send, for tests set `testing` late."""
        chosen = suppress_send(self.app.config)
        if chosen is None:
            return self.app.testing or is_watched(self.app)
        return chosen

    def transport_of(self, route: str) -> Transport:
        """Where the mail of a route goes at this moment."""
        return SUPPRESSING if self.suppressed else self.outbound(self.config.routes.over(route))

    def outbound(self, transport: Transport) -> Transport:
        """The transport, with what stands before it: the suppression list, staging, the signature.

        So what really leaves is signed, whoever gets it; and nobody gets it for who is suppressed.
        """
        staging, signer = self.config.staging, self.config.signer
        if signer is not None:
            transport = signing(transport, signer)
        if staging is not None:
            transport = staged(transport, staging)
        return unless_suppressed(transport, self._asking)

    @cached_property
    def _asking(self) -> Asking:
        return Asking(self.suppressions, self.world.monotonic)

    def _note(self, envelope: Envelope, of_list: str) -> Envelope:
        """Where all mail stays here nobody is asked: not even a database."""
        if self.config.staging is not None:
            envelope = self.config.staging.note(envelope)
        return envelope if self.suppressed else self._asking.foresee(envelope, of_list)

    def way(self, route: str) -> Way:
        """What an engine may know of that."""
        transport = self.transport_of(route)
        return Way(
            getattr(transport, "connections", Way().connections), getattr(transport, "local", False)
        )

    def preview(self, name: str, locale: str | None = None) -> SealedMail:
        """The mail of a preview, checked and sealed like any other; in that language, if given."""
        with context_of(self.app), forced(locale):
            return self.prepare(self.previews[name].make()).mail

    def prepare(self, message: Message) -> Outgoing:
        """Ask `before_send`, check and seal."""
        if not isinstance(message, Message):
            raise MessageError([f"{type(message).__name__} is no Message; make one, or compose it"])
        with context_of(self.app):
            if before_send.has_receivers_for(self.app):
                message = message.copy()
                before_send.send(self.app, message=message)
            return Outgoing(message, message.seal(self.origin))

    def show(self, outgoing: Outgoing) -> None:
        """To whoever looks over our shoulder, in the caller: it was sent, or an engine has it."""
        self.recorders.show(outgoing.message)
        self.capture.sent(outgoing.mail)
        for onlooker in onlookers(self.app):
            onlooker.show(outgoing.mail)

    def record(self, mail: SealedMail, receipt: Receipt) -> None:
        """What became of it, where it was delivered; nothing is raised."""
        record(self.app, mail, receipt)
        self.capture.answered(mail, receipt)
        if self.config.suppress_unknown:
            suppress_unknown(self.suppressions, filter(self._was_asked_for, unknown(receipt)))

    def _was_asked_for(self, reply: Reply) -> bool:
        """Not so whose mail staging gave to another: that one's answer is no word about him."""
        staging = self.config.staging
        return staging is None or staging.instead_of(reply.address) is None

    def close(self) -> None:
        """Deliver what waits, end the threads and the connections."""
        for part in (self.engine, self.config.routes, self.suppressions):
            close_part(part)

    def retire(self) -> None:
        """The same for one that another takes the place of; nobody waits for it."""
        if getattr(self.engine, "in_use", True):
            threading.Thread(target=self.close, name="mailwright-retire", daemon=True).start()
        else:
            self.close()

    def announce_dispatched(self, message: Message) -> None:
        """Flask-Mail's signal, in the caller."""
        announce(self.app, email_dispatched, message=message)


def close_part(part: object) -> None:
    """What has nothing to end needs no `close`."""
    close: Callable[[], None] | None = getattr(part, "close", None)
    if close is not None:
        close()
