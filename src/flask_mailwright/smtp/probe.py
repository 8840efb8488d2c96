"""What a relay shows who only knocks: its TLS, its certificate, what it offers, and the login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..errors import MailError
from ..world import World
from .failure import Failure
from .relay import Relay
from .talk import Talk
from .tls import ClientContext


class Probe(NamedTuple):
    """Facts about one relay; `error` says why there is no talking to it.

    `asked`: whether it can be; `local`: what goes there reaches nobody. `tls`: the version, ""
    without. `good_until`: when its certificate ends, in seconds since 1970.
    `offers`: the keywords of its EHLO with their parameters.
    """

    relay: str
    asked: bool = True
    local: bool = False
    loopback: bool = True
    tls: str = ""
    good_until: float | None = None
    logs_in: bool = False
    offers: Mapping[str, str] = {}
    error: MailError | None = None


def probe(relay: Relay, world: World) -> Probe:
    """Connect, secure the talk, log in, say goodbye: all that comes before a mail."""
    known = Probe(relay.name, relay.loopback, logs_in=bool(relay.username))
    try:
        talk = Talk(relay, world, ClientContext(relay))
    except Failure as failure:
        return known._replace(error=failure.error(relay.name, ()))
    security = talk.security
    talk.end()
    return known._replace(
        tls=security.version, good_until=security.good_until, offers=talk.offer.parameters
    )
