"""What leaves the mailbox: pages, texts and files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from ..lasting import lasting
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


def respond(
    body: str | bytes,
    *,
    status: int = 200,
    mimetype: str = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """With these headers in place of ours of the same name."""
    return lasting(body, status, mimetype, {**FIXED, **(headers or {})})


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
