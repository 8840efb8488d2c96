"""The `MAIL_*` keys read into one frozen object; every fault is told by key, never by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NamedTuple

from ..address import Address
from ..compose.dkim.signer import Signer
from ..engines import Delivery, Engine, OutboxSettings
from ..engines.choice import engine_named
from ..smtp.rate import Share
from ..staging import Staging
from ..suppression import Suppressions
from ..timing import Timing
from ..transports import Transport
from ..transports.console import ConsoleTransport
from ..transports.routes import Routes, read_routes
from ..transports.url import transport_from_url
from ..world import World
from .dkim import read_dkim
from .keys import Keys, switch
from .migration import warn_of_stops
from .outbox import read_outbox
from .relay import read_base, read_transport
from .staging import read_staging
from .suppression import KEY, suppressions
from .timing import read_timing
from .values import base_url, boolean, line, sender, text

__all__ = ["Config", "boolean", "read", "read_relay", "suppress_send"]


class Config(NamedTuple):
    """What the application's configuration comes to."""

    routes: Routes
    default_sender: Address | None
    subject_prefix: str
    ascii_attachments: bool
    make_engine: Callable[[Delivery], Engine]
    timing: Timing
    outbox: OutboxSettings
    base_url: str = ""
    """What links in mail begin with; "" where nothing is said."""
    staging: Staging | None = None
    """None where mail goes to those it is for."""
    signer: Signer | None = None
    """None where mail leaves unsigned."""
    suppressions: Suppressions | None = None
    """None where the suppression list is in the outbox's database."""
    suppress_unknown: bool = False
    """Whether who is not there is put on it."""


def read(
    values: Mapping[str, Any],
    world: World,
    *,
    debug: bool = False,
    within: Callable[[], AbstractContextManager[object]] = nullcontext,
    shared: bool = False,
    mailbox: Transport | None = None,
    share: Share | None = None,
) -> Config:
    """Read the keys; ConfigError tells all that is wrong with them at once.

    A key that is None or "" is not set, as in an environment. `within`: the context in which the
    user's callables are asked later. `shared`: the outbox has its place in the app's database.
    `mailbox`: where mail goes under `debug`, if no key names a relay and MAIL_MAILBOX allows it.
    `share`: counts the mails of a relay's rate together with other processes.
    """
    warn_of_stops(values)
    keys = Keys(values)
    del values  # whoever reports an error reports the variables of its frames too
    keys.take("MAIL_SUPPRESS_SEND", boolean, None)
    timing = read_timing(keys)
    base = read_base(keys, timing, world, within, debug=debug, share=share)
    has_mailbox = keys.take("MAIL_MAILBOX", boolean, True)
    at_home = (mailbox if has_mailbox else None) or ConsoleTransport()
    default = read_transport(keys, base, world, at_home if debug else None)
    from_url = partial(transport_from_url, base=base, world=world)
    config = Config(
        routes=keys.take(
            "MAIL_ROUTES",
            lambda value: Routes(default, *read_routes(value, from_url, within)),
            Routes(default, {}),
        ),
        default_sender=keys.take("MAIL_DEFAULT_SENDER", sender, None),
        subject_prefix=keys.take("MAIL_SUBJECT_PREFIX", line, ""),
        ascii_attachments=keys.take("MAIL_ASCII_ATTACHMENTS", boolean, False),
        make_engine=keys.take("MAIL_ENGINE", _engine, engine_named("outbox")),
        timing=timing,
        outbox=read_outbox(keys, shared=shared),
        base_url=keys.take("MAIL_BASE_URL", base_url, ""),
        staging=read_staging(keys),
        signer=read_dkim(keys, world, within),
        suppressions=keys.take(KEY, suppressions, None),
        suppress_unknown=keys.take("MAIL_SUPPRESS_UNKNOWN", boolean, False),
    )
    keys.finish()
    return config


def read_relay(
    values: Mapping[str, Any],
    timing: Timing,
    world: World,
    within: Callable[[], AbstractContextManager[object]],
    *,
    debug: bool,
) -> Transport:
    """The transport of the empty route alone; ConfigError tells what is wrong with its keys."""
    keys = Keys(values)
    del values
    base = read_base(keys, timing, world, within, debug=debug)
    transport = read_transport(keys, base, world, ConsoleTransport() if debug else None)
    keys.finish()
    return transport


def suppress_send(values: Mapping[str, Any]) -> bool | None:
    """MAIL_SUPPRESS_SEND as it stands now; None when it is not set."""
    return switch(values, "MAIL_SUPPRESS_SEND")


def _engine(value: Any) -> Callable[[Delivery], Engine]:
    return engine_named(text(value))
