"""The engine that `MAIL_ENGINE` names."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ConfigError
from ..importpath import load
from . import Delivery, Engine
from .inline import InlineEngine
from .threads import ThreadsEngine

NAMES: dict[str, Callable[[Delivery], Engine]] = {
    "threads": ThreadsEngine,
    "inline": InlineEngine,
}


def make_engine(name: str, delivery: Delivery) -> Engine:
    """One of ours, or `package.module:factory`, which is called with `delivery`."""
    if name in NAMES:
        return NAMES[name](delivery)
    if ":" not in name:
        known = ", ".join(NAMES)
        raise ConfigError([f"MAIL_ENGINE must be {known} or the import path module:factory"])
    engine: Engine = load("MAIL_ENGINE", name)(delivery)
    if not callable(getattr(engine, "submit", None)):
        raise ConfigError([f"MAIL_ENGINE: {name!r} gave no engine: it has no submit(mail, order)"])
    return engine
