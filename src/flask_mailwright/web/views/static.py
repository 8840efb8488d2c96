"""The one stylesheet and the one script."""

from __future__ import annotations

from importlib.resources import files

from flask import Response

from ..desk import Desk
from ..page import respond

_TYPES = {
    "mailbox.css": "text/css",
    "mailbox.js": "text/javascript",
    "mailbox.svg": "image/svg+xml",
}


def static(desk: Desk, filename: str) -> Response | None:
    """As they are, never stored: they are small and change with the package."""
    if filename not in _TYPES:
        return None
    file = files("flask_mailwright.web") / "static" / filename
    return respond(file.read_bytes(), mimetype=_TYPES[filename])
