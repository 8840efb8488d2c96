"""Flask-Mail's face: its names, its leniencies and its exceptions, on our road.

    from flask_mailwright.flask_mail import Mail, Message  # was: from flask_mail import ...

`install()` answers `import flask_mail` itself, for extensions that say so.
"""

from __future__ import annotations

import sys

from ..attachment import Attachment
from ..signals import email_dispatched, signals
from .connection import Connection
from .mail import Mail, _Mail, _MailMixin
from .message import Message
from .raised import BadHeaderError
from .sanitizing import (
    FlaskMailUnicodeDecodeError,
    force_text,
    sanitize_address,
    sanitize_addresses,
    sanitize_subject,
)

__all__ = [
    "Attachment",
    "BadHeaderError",
    "Connection",
    "FlaskMailUnicodeDecodeError",
    "Mail",
    "Message",
    "_Mail",
    "_MailMixin",
    "email_dispatched",
    "force_text",
    "install",
    "sanitize_address",
    "sanitize_addresses",
    "sanitize_subject",
    "signals",
]

__version__ = "0.10.0"
"""The Flask-Mail whose names these are."""


def install() -> None:
    """From now on `import flask_mail` gives this module, in the whole process.

    Call it before anything imports flask_mail; RuntimeError when Flask-Mail itself is there
    already, for two of them would know nothing of each other.
    """
    there = sys.modules.get("flask_mail")
    if there not in (None, sys.modules[__name__]):
        raise RuntimeError(
            f"flask_mail is imported already, from {getattr(there, '__file__', None)}: call"
            " install() before that import, or uninstall Flask-Mail"
        )
    sys.modules["flask_mail"] = sys.modules[__name__]
