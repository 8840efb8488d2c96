"""A response with headers that nothing takes away, whatever the app does with its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Response, current_app
from werkzeug.datastructures import Headers

_IN_THE_WAY = ("Content-Security-Policy-Report-Only", "Content-Disposition")


class Fixed:
    """A response whose headers are set when it leaves, behind all that the app adds to its own."""

    fixed: Mapping[str, str] = {}

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """Ours last."""
        headers: Headers = super().get_wsgi_headers(environ)  # type: ignore[misc]
        for name in _IN_THE_WAY:
            headers.pop(name, None)
        for name, value in self.fixed.items():
            headers.set(name, value)
        return headers


def lasting(body: str | bytes, status: int, mimetype: str, headers: Mapping[str, str]) -> Response:
    """The body with these headers, in place of the app's of the same name."""
    app_class: Any = current_app.response_class
    response: Response = _response_class(app_class)(body, status=status, mimetype=mimetype)
    response.fixed = headers  # type: ignore[attr-defined]
    return response


@cache
def _response_class(app_class: Any) -> Any:
    """One that Flask takes for the app's own and leaves as it is."""
    return type("LastingResponse", (Fixed, app_class), {})
