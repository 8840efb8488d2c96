"""Links in mail: always absolute, below MAIL_BASE_URL, else where the request was sent to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, has_request_context, request
from werkzeug.routing import BuildError

from .errors import MessageError


def url_maker(app: Flask, base: str) -> Callable[..., str]:
    """Flask's `url_for`, for mail; without a base it is that of the request, or SERVER_NAME's."""
    return _below(app, base) if base else _as_flask_does(app)


def root_url(app: Flask, base: str) -> str:
    """What links begin with, without a slash at the end; "" where nobody knows.

    >>> root_url(Flask("shop"), "https://shop.example.com/de")
    'https://shop.example.com/de'
    """
    if base:
        return base
    if has_request_context():
        return request.root_url.rstrip("/")
    name, scheme = app.config["SERVER_NAME"], app.config["PREFERRED_URL_SCHEME"]
    return f"{scheme}://{name}{app.config['APPLICATION_ROOT']}".rstrip("/") if name else ""


def _as_flask_does(app: Flask) -> Callable[..., str]:
    def url_for(endpoint: str, **values: Any) -> str:
        if not has_request_context() and not app.config["SERVER_NAME"]:
            raise MessageError([_NOWHERE.format(endpoint)])
        return app.url_for(endpoint, **{**values, "_external": True})

    return url_for


def _below(app: Flask, base: str) -> Callable[..., str]:
    """Whatever host a request was sent to, for anybody can choose that.

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


_NOWHERE = (
    "url_for({!r}): nobody knows what links in mail begin with here; set"
    " MAIL_BASE_URL=https://..., or make the link with url_for(..., _external=True) in the view and"
    " pass it"
)
