"""Objects of the user's own, named in the configuration as `package.module:name`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from .errors import ConfigError


def load(key: str, path: str) -> Callable[..., Any]:
    """The callable that `path` names; ConfigError names `key`.

    Its cause is what went wrong within the module. Where the path itself is wrong there is none,
    for that would quote it, and what was put there by mistake may be a secret.

    >>> load("MAIL_ENGINE", "math:sqrt")(9.0)
    3.0
    """
    module, _, name = path.partition(":")
    if not all(map(str.isidentifier, (*module.split("."), name))):
        raise ConfigError([f"{key} must read package.module:name"])
    missing = "AttributeError"
    try:
        there: object = importlib.import_module(module)
    except ImportError as error:
        missing = type(error).__name__
        if not _is_about(error, module):
            raise ConfigError([_CANNOT.format(key, missing)]) from error
        there = None
    found = getattr(there, name, None)
    if found is None:
        raise ConfigError([_CANNOT.format(key, missing)])
    if not callable(found):
        raise ConfigError([f"{key} names nothing that can be called"])
    return found  # type: ignore[no-any-return]


def _is_about(error: ImportError, module: str) -> bool:
    """Whether there is no such module, or no package in which it could be."""
    missing = isinstance(error, ModuleNotFoundError) and error.name
    return bool(missing) and f"{module}.".startswith(f"{missing}.")


def call(key: str, factory: Callable[..., Any], *arguments: object) -> Any:
    """What the user's factory gives; one that raises is a fault of `key`."""
    try:
        return factory(*arguments)
    except Exception as error:
        raise ConfigError([f"{key}: its factory raised {type(error).__name__}"]) from error


_CANNOT = "{} cannot be imported ({}); it must read package.module:name"
