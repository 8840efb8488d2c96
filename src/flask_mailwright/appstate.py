"""What one app has of us: its configuration, its engine, and the road that its mail takes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from flask import Flask, current_app
from jinja2 import Environment

from .compose.render import Rendered, mail_environment, render
from .config import Config, boolean
from .engines import Engine
from .envelope import Receipt, SealedMail
from .errors import MessageError
from .message import Message, Origin
from .record import record
from .recording import Recorders
from .signals import before_send
from .transports import Transport
from .transports.suppressing import SuppressingTransport
from .world import World

_SUPPRESSING = SuppressingTransport()


class Outgoing(NamedTuple):
    """A message that passed every check, and what will travel of it."""

    message: Message
    mail: SealedMail


@dataclass(frozen=True)
class AppState:
    """Built once at `init_app`; it holds no socket and no thread."""

    app: Flask
    config: Config
    world: World
    engine: Engine
    recorders: Recorders = field(default_factory=Recorders)

    @cached_property
    def templates(self) -> Environment:
        """The app's Jinja environment, as mail needs it."""
        return mail_environment(self.app.jinja_env)

    @cached_property
    def origin(self) -> Origin:
        """What sealing adds to a message of this app."""
        return Origin(
            app=self.app.name,
            default_sender=self.config.default_sender,
            ascii_attachments=self.config.ascii_attachments,
            world=self.world,
        )

    @property
    def suppressed(self) -> bool:
        """Whether mail stays here; asked at each send, for tests set `testing` late."""
        value = self.app.config.get("MAIL_SUPPRESS_SEND")
        return self.app.testing if value is None else boolean(value)

    @property
    def transport(self) -> Transport:
        """Where mail goes at this moment."""
        return _SUPPRESSING if self.suppressed else self.config.transport

    def context(self) -> AbstractContextManager[object]:
        """This app's context: the current one, or a new one where there is none."""
        if current_app and current_app._get_current_object() is self.app:  # type: ignore[attr-defined]
            return nullcontext()
        return self.app.app_context()

    def render(self, template: str, context: Mapping[str, Any]) -> Rendered:
        """The templates with the app's context processors and globals."""
        with self.context():
            values = dict(context)
            self.app.update_template_context(values)
            return render(self.templates, template, values)

    def prepare(self, message: Message) -> Outgoing:
        """Ask `before_send`, check, seal, and show the message to the recorders."""
        if before_send.has_receivers_for(self.app):
            message = message.copy()
            before_send.send(self.app, message=message)
        if message.route:
            raise MessageError([f"route {message.route!r} is not configured; leave it empty"])
        outgoing = Outgoing(message, message.seal(self.origin))
        self.recorders.show(message)
        return outgoing

    def record(self, mail: SealedMail, receipt: Receipt) -> None:
        """Tell the log and the signals, inside this app's context."""
        with self.context():
            record(self.app, mail, receipt)
