"""The app's state under Flask-Mail's face: what was changed in `extensions["mail"]` counts."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from flask import Flask

from ..appcontext import context_of, pushed_app
from ..appstate import AppState, close_part
from ..config import boolean, read_relay
from ..errors import ConfigError
from ..extension import Mail
from ..recording import Recorders
from ..sealing import Origin
from ..secret import Secret
from ..transports import Transport
from ..transports.suppressing import SUPPRESSING
from ..world import World
from .attributes import Attributes
from .tolerance import sender_of

RECORDERS = Recorders()
"""Of all apps, as Flask-Mail's: a recorder may be open before any app is there."""
MOST = 16
"""Changed settings whose transports are kept."""


@dataclass(frozen=True, eq=False)
class FlaskMailState(AppState):
    """`AppState` whose sender, relay and suppression are asked for at each mail."""

    recorders: Recorders = RECORDERS
    configured: Attributes = field(default_factory=lambda: Attributes.of({}), repr=False)
    """As they were at `init_app`."""
    own: Attributes = field(default_factory=lambda: Attributes.of({}), repr=False)
    """The same to be changed; what stands at `extensions["mail"]`, if nobody puts another there."""
    changed: dict[tuple[Any, ...], Transport] = field(default_factory=dict, repr=False)
    """The transports of settings that were changed since, by these settings."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def read(cls, app: Flask, world: World, db: Any, own: Attributes, **more: Any) -> Self:
        """From the app's keys, as they stand now."""
        configured = Attributes.of(app.config, app.debug, app.testing)
        return cls.of(app, world, db, configured=configured, own=own, **more)

    @classmethod
    def keys_of(cls, app: Flask) -> Mapping[str, Any]:
        """The configuration, with what Flask-Mail lets pass as we take it."""
        keys = dict(app.config)
        sender = keys.get("MAIL_DEFAULT_SENDER")
        nobody = isinstance(sender, tuple | list) and len(sender) == 2 and not sender[1]
        keys["MAIL_DEFAULT_SENDER"] = None if nobody else sender_of(sender)
        for key, least in (("MAIL_DEBUG", True), ("MAIL_USE_TLS", True), ("MAIL_USE_SSL", True)):
            if isinstance(keys.get(key), int) and keys[key] > 1:
                keys[key] = least
        if keys.get("MAIL_MAX_EMAILS") in (0, "0"):
            keys["MAIL_MAX_EMAILS"] = None
        return keys

    @property
    def attributes(self) -> Attributes:
        """As they stand now; any object with such attributes will do."""
        found = self.app.extensions.get("mail")
        if found is None or isinstance(found, Mail):
            return self.own
        return found if isinstance(found, Attributes) else Attributes.like(found)

    @property
    def origin(self) -> Origin:
        """With the default sender of this moment."""
        attributes, origin = self.attributes, super().origin
        if attributes.default_sender != self.configured.default_sender:
            origin = origin._replace(default_sender=sender_of(attributes.default_sender))
        ascii_names = _truth("ascii_attachments", attributes.ascii_attachments)
        return origin._replace(ascii_attachments=ascii_names)

    @property
    def suppressed(self) -> bool:
        """Whether mail stays here."""
        return self.suppresses(self.attributes)

    def suppresses(self, attributes: Attributes) -> bool:
        """What was set since decides; else the configuration, and `app.testing` as it is now.

        Settings that are not the app's own suppress mail, but never let out what the app keeps in.
        """
        if attributes is self.own:
            if "suppress" in attributes.touched:
                return _truth("suppress", attributes.suppress)
            return super().suppressed
        return super().suppressed or _truth("suppress", attributes.suppress)

    def transport_of(self, route: str) -> Transport:
        """Where the mail of a route goes at this moment."""
        return self.transport_by(self.attributes, route)

    def transport_by(self, attributes: Attributes, route: str) -> Transport:
        """The same with these settings."""
        if self.suppresses(attributes):
            return SUPPRESSING
        if route or self._is_as_configured(attributes):
            return self.outbound(self.config.routes.over(route))
        return self.outbound(self._changed(attributes))

    def close(self) -> None:
        """Connections of settings that were changed end too."""
        super().close()
        for transport in list(self.changed.values()):
            close_part(transport)

    def _is_as_configured(self, attributes: Attributes) -> bool:
        """How a relay is used never chooses another one than MAIL_URL's, or a real one for none."""
        if attributes.relay_keys() != self.configured.relay_keys():
            return False
        default = self.config.routes.over("")
        fixed = self.app.config.get("MAIL_URL") or getattr(default, "local", False)
        return bool(fixed) or attributes.use_keys() == self.configured.use_keys()

    def _changed(self, attributes: Attributes) -> Transport:
        hidden = {"MAIL_PASSWORD": Secret(str(attributes.password))}
        keys = {**attributes.relay_keys(), **attributes.use_keys(), **hidden}
        known = tuple(keys.values())
        with self.lock:
            transport = self.changed.get(known) or self._made(attributes)
            self.changed[known] = transport
            while len(self.changed) > MOST:
                close_part(self.changed.pop(next(iter(self.changed))))
        return transport

    def _made(self, attributes: Attributes) -> Transport:
        keys = {**attributes.relay_keys(), **attributes.use_keys()}
        values = {**self.keys_of(self.app), "MAIL_URL": None, **keys}
        within = partial(context_of, self.app)
        return read_relay(values, self.config.timing, self.world, within, debug=self.app.debug)


def state_of(app: Flask | None) -> FlaskMailState | None:
    """The state of an app with this face."""
    state = app.extensions.get("mailwright") if app else None
    return state if isinstance(state, FlaskMailState) else None


def current_state() -> FlaskMailState | None:
    """That of the app whose context is pushed."""
    return state_of(pushed_app())


def _truth(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return bool(value)
    try:
        return bool(value) and boolean(value)
    except ValueError as error:
        raise ConfigError([f"extensions['mail'].{name} {error}"]) from None
