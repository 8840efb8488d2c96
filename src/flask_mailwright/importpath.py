"""Objects of the user's own, named in the configuration as `package.module:name`."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import ConfigError


def load(key: str, path: str) -> Any:
    """The object that `path` names; ConfigError names `key` and what was not found.

    >>> load("MAIL_ENGINE", "math:pi") > 3
    True
    """
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, ValueError, AttributeError) as error:
        raise ConfigError(
            [f"{key}: {path!r} cannot be imported ({error}); write package.module:name"]
        ) from error
