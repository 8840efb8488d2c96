"""The app's state under Flask-Mail's face: what was changed in `extensions["mail"]` counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from flask import Flask

from ..appcontext import pushed_app
from ..appstate import SUPPRESSING, AppState, close_part
from ..config import boolean, read_relay
from ..sealing import Origin
from ..transports import Transport
from ..world import World
from .attributes import Attributes

_Relays = dict[tuple[Any, ...], Transport]


@dataclass(frozen=True, eq=False)
class FlaskMailState(AppState):
    """`AppState` whose sender, relay and suppression are asked for at each mail."""

    configured: Attributes = field(default_factory=lambda: Attributes.of({}))
    """As they were at `init_app`."""
    changed: _Relays = field(default_factory=dict)
    """The transports of settings that were changed since, by these settings."""

    @classmethod
    def read(cls, app: Flask, world: World, db: Any) -> Self:
        """From the app's keys, as they stand now."""
        return cls.of(app, world, db, configured=Attributes.of(app.config, app.debug, app.testing))

    @property
    def attributes(self) -> Attributes:
        """As they stand now."""
        found = self.app.extensions.get("mail")
        return found if isinstance(found, Attributes) else self.configured

    @property
    def origin(self) -> Origin:
        """With the default sender of this moment."""
        attributes, origin = self.attributes, super().origin
        if attributes.default_sender != self.configured.default_sender:
            origin = origin._replace(default_sender=attributes.default_sender)
        return origin._replace(ascii_attachments=_truth(attributes.ascii_attachments))

    @property
    def suppressed(self) -> bool:
        """Whether mail stays here."""
        return self.suppresses(self.attributes)

    def suppresses(self, attributes: Attributes) -> bool:
        """What was changed decides; else the configuration, and `app.testing` as it is now.

        Settings that are not the app's own suppress mail, but never let out what the app keeps in.
        """
        changed = attributes.suppress != self.configured.suppress
        if attributes is self.attributes and changed:
            return _truth(attributes.suppress)
        return super().suppressed or _truth(attributes.suppress)

    def transport_of(self, route: str) -> Transport:
        """Where the mail of a route goes at this moment."""
        return self.transport_by(self.attributes, route)

    def transport_by(self, attributes: Attributes, route: str) -> Transport:
        """The same with these settings."""
        if self.suppresses(attributes):
            return SUPPRESSING
        if route or attributes.keys() == self.configured.keys():
            return self.staged(self.config.routes.over(route))
        return self.staged(self._changed(attributes))

    def close(self) -> None:
        """Connections of settings that were changed end too."""
        super().close()
        for transport in self.changed.values():
            close_part(transport)

    def _changed(self, attributes: Attributes) -> Transport:
        keys = attributes.keys()
        known = tuple(keys.values())
        if known not in self.changed:
            values = {**self.app.config, "MAIL_URL": None, **keys}
            self.changed[known] = read_relay(
                values, self.config.timing, self.world, debug=self.app.debug
            )
        return self.changed[known]


def state_of(app: Flask | None) -> FlaskMailState | None:
    """The state of an app with this face."""
    state = app.extensions.get("mailwright") if app else None
    return state if isinstance(state, FlaskMailState) else None


def current_state() -> FlaskMailState | None:
    """That of the app whose context is pushed."""
    return state_of(pushed_app())


def _truth(value: object) -> bool:
    return value not in (None, "") and boolean(value)
