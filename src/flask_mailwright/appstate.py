"""What one app has of us: its configuration, its engine, and the road that its mail takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple, Self

from flask import Flask

from .appcontext import context_of
from .appdatabase import app_database, raise_in_development
from .assets import Assets
from .beginning import begin_with_requests
from .compose.dress import dressed
from .compose.images import image_inliner
from .compose.markdown import markdown
from .compose.render import Rendered, Templates
from .config import Config, read, suppress_send
from .engines import AppDatabase, Delivery, Engine, Way
from .envelope import Receipt, SealedMail
from .errors import MessageError
from .languages import forced, is_right_to_left, localtime, reader_of, speaking
from .links import url_maker
from .message import Message
from .onlooking import is_watched, onlookers
from .previews import Preview
from .record import is_listened_to, record
from .recording import Recorders
from .sealing import Origin
from .signals import announce, before_send, email_dispatched
from .smtp.rate import Share, Slots, Wanted
from .staging.transport import StagedTransport
from .transports import Transport, deliver_by_route
from .transports.carrying import carries
from .transports.signing import SigningTransport
from .transports.suppressing import SUPPRESSING
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
    capture: Capture
    listens: list[Callable[..., None] | None]
    recorders: Recorders = field(default_factory=Recorders)
    previews: Mapping[str, Preview] = field(default_factory=dict)

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

        def deliver_now(mails: Iterable[SealedMail]) -> Iterator[Receipt]:
            return deliver_by_route(engines_transport, mails)

        def engines_transport(route: str) -> Transport:
            transport = state.transport_of(route)
            if not getattr(engine, "in_caller", False):
                transport = getattr(transport, "patient", transport)
            return transport

        delivery = Delivery(
            deliver_now,
            lambda mail, receipt: state.record(mail, receipt),
            world,
            app=app.name,
            timing=config.timing,
            outbox=config.outbox._replace(folder=app.instance_path, shared=_shared(app, db)),
            way=lambda route: state.way(route),
            carries=lambda route, hurry: carries(engines_transport(route), hurry),
            listened=lambda: is_listened_to() or capture.is_on,
            hang_up=config.routes.hang_up,
            extension=app.extensions.get,
            within=partial(context_of, app),
        )
        engine = config.make_engine(delivery)
        delivers = lambda: config.outbox.embedded and delivery.takes_all()  # noqa: E731
        listens = [begin_with_requests(app, engine, delivers)]
        if db is not None:
            listens.append(raise_in_development(app))
        state = cls(app, config, world, engine, capture, listens, **more)
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
    def templates(self) -> Templates:
        """The app's own, as mail needs them."""
        own = {
            "url_for": self.url_for,
            "inline_image": image_inliner(self.assets.find),
        }
        return Templates(self.app.jinja_env, own, {"markdown": markdown, "localtime": localtime})

    @cached_property
    def assets(self) -> Assets:
        """Its files that mail may show."""
        return Assets(self.app, self.url_for)

    @cached_property
    def url_for(self) -> Callable[..., str]:
        """What links in its mail are made with."""
        return url_maker(self.app, self.config.base_url)

    @cached_property
    def origin(self) -> Origin:
        """What sealing adds to a message of this app."""
        origin = Origin(
            app=self.app.name,
            default_sender=self.config.default_sender,
            ascii_attachments=self.config.ascii_attachments,
            world=self.world,
            route_fault=self.config.routes.fault,
        )
        staging = self.config.staging
        return origin if staging is None else origin._replace(note=staging.note)

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
        """The transport, with what stands before it: the signature, and before that staging.

        So what really leaves is signed, whoever gets it.
        """
        staging, signer = self.config.staging, self.config.signer
        if signer is not None:
            transport = SigningTransport(transport, signer)
        return transport if staging is None else StagedTransport(transport, staging)

    def way(self, route: str) -> Way:
        """What an engine may know of that."""
        transport = self.transport_of(route)
        return Way(
            getattr(transport, "connections", Way().connections), getattr(transport, "local", False)
        )

    def render(
        self, template: str, context: Mapping[str, Any], *, subject: str | None, to: list[Any]
    ) -> tuple[Rendered, str | None]:
        """The templates with the app's context processors and globals, and their language."""
        reader = reader_of(to)
        with context_of(self.app), speaking(self.app, reader) as locale:
            values = {"mail_locale": locale, "mail_subject": subject or "", **context}
            values.setdefault("mail_dir", "rtl" if is_right_to_left(locale) else "ltr")
            self.app.update_template_context(values)
            rendered = self.templates.render(
                template, values, subject=subject is None, locale=locale
            )
            return dressed(rendered, self.assets.stylesheet), locale

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

    def close(self) -> None:
        """Deliver what waits, end the threads and the connections."""
        for part in (self.engine, self.config.routes):
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


def _shared(app: Flask, db: Any) -> AppDatabase | None:
    return app_database(app, db) if db is not None else None
