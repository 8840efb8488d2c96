"""Objects of the user's own, named in the configuration as `package.module:name`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from .errors import ConfigError


def load(key: str, path: str) -> Callable[..., Any]:
    """The callable that `path` names; ConfigError names `key`, and its cause tells the details.

    >>> load("MAIL_ENGINE", "math:sqrt")(9.0)
    3.0
    """
    module, _, name = path.partition(":")
    if not all(map(str.isidentifier, (*module.split("."), name))):
        raise ConfigError([f"{key} must read package.module:name"])
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            [f"{key} cannot be imported ({type(error).__name__}); it must read package.module:name"]
        ) from error
    if not callable(found):
        raise ConfigError([f"{key} names nothing that can be called"])
    return found  # type: ignore[no-any-return]


def call(key: str, factory: Callable[..., Any], *arguments: object) -> Any:
    """What the user's factory gives; one that raises is a fault of `key`."""
    try:
        return factory(*arguments)
    except Exception as error:
        raise ConfigError([f"{key}: its factory raised {type(error).__name__}"]) from error
