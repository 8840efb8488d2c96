"""What leaves the mailbox: pages, texts and files, with headers that nothing may take away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Response, current_app
from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.datastructures import Headers

from .desk import Desk
from .telling import FILTERS

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " frame-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
FIXED = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""`no-referrer` would make a browser send `Origin: null` with our own forms."""

_IN_THE_WAY = ("Content-Security-Policy-Report-Only", "Content-Disposition")


class Fixed:
    """A response whose headers are set when it leaves, behind all that the app adds to its own."""

    fixed: Mapping[str, str] = FIXED

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """Ours last."""
        headers: Headers = super().get_wsgi_headers(environ)  # type: ignore[misc]
        for name in _IN_THE_WAY:
            headers.pop(name, None)
        for name, value in self.fixed.items():
            headers.set(name, value)
        return headers


@cache
def _response_class(app_class: Any) -> Any:
    """One that Flask takes for the app's own and leaves as it is."""
    return type("MailboxResponse", (Fixed, app_class), {})


def respond(
    body: str | bytes,
    *,
    status: int = 200,
    mimetype: str = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """With these headers in place of ours of the same name."""
    app_class: Any = current_app.response_class
    response: Response = _response_class(app_class)(body, status=status, mimetype=mimetype)
    response.fixed = {**FIXED, **(headers or {})}  # type: ignore[attr-defined]
    return response


def redirect(path: str) -> Response:
    """Look there; for a form that has done its work."""
    return respond("", status=303, headers={"Location": path})


def page(template: str, desk: Desk, *, status: int = 200, **values: Any) -> Response:
    """A page of ours, from our own templates, whatever the app has done with its."""
    return respond(rendered(template, desk, **values), status=status, mimetype="text/html")


def rendered(template: str, desk: Desk, **values: Any) -> str:
    """The template's text."""
    return _templates().get_template(template).render(values, desk=desk, base=desk.base)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__ or ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment
