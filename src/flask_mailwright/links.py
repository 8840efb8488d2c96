"""Links in mail: absolute, below MAIL_BASE_URL, whatever host a request was sent to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, has_request_context, request
from werkzeug.routing import BuildError


def url_maker(app: Flask, base: str) -> Callable[..., str]:
    """Flask's `url_for`, for mail.

    >>> app = Flask("shop", static_folder="static")
    >>> with app.app_context():
    ...     url_maker(app, "https://shop.example.com/de")("static", filename="logo.png")
    'https://shop.example.com/de/static/logo.png'
    """
    parts = urlsplit(base)

    def url_for(
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool = True,
        **values: Any,
    ) -> str:
        endpoint = _whole(endpoint)
        app.inject_url_defaults(endpoint, values)
        adapter = app.url_map.bind(parts.netloc, parts.path or "/", url_scheme=parts.scheme)
        try:
            url = adapter.build(
                endpoint, values, method=_method, url_scheme=_scheme, force_external=True
            )
        except BuildError as error:
            values.update(_anchor=_anchor, _method=_method, _scheme=_scheme, _external=True)
            return app.handle_url_build_error(error, endpoint, values)
        return f"{url}#{quote(_anchor, safe='%!#$&()*+,/:;=?@')}" if _anchor else url

    return url_for


def _whole(endpoint: str) -> str:
    """A dot in front means the blueprint of the request."""
    if not endpoint.startswith("."):
        return endpoint
    blueprint = request.blueprint if has_request_context() else None
    return f"{blueprint}{endpoint}" if blueprint else endpoint[1:]
