"""The page behind the link: ours, or the app's own; it keeps quiet about who opens it."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from flask import Response, current_app, render_template
from markupsafe import Markup

from ..lasting import lasting
from .token import Wish

logger = logging.getLogger("flask_mailwright")

OWN, OURS = "mailwright/unsubscribe.html", "mailwright/unsubscribe_page.html"
Outcome = Literal["ask", "done", "expired", "trouble", "unknown"]
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_FRAMED = "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def page(outcome: Outcome, wish: Wish | None = None, *, status: int = 200) -> Response:
    """The app's template gets `outcome`, and `list` and `address`, which are "" for `unknown`."""
    shown = {
        "outcome": outcome,
        "list": wish.list if wish else "",
        "address": masked(wish.address) if wish else "",
        "style": Markup(_style()),
    }
    return _own(shown, status) or _ours(shown, status)


def _own(shown: Mapping[str, object], status: int) -> Response | None:
    """None when there is no such template, or when it breaks: that is no reader's trouble."""
    try:
        template = current_app.jinja_env.get_or_select_template([OWN, OURS])
        if template.name != OWN:
            return None
        text = render_template(template, **shown)
    except Exception:
        logger.exception("%s is broken, so the page of Flask-Mailwright was shown", OWN)
        return None
    response = lasting(text, status, "text/html", HEADERS)
    response.headers["Content-Security-Policy"] = _FRAMED
    return response


def _ours(shown: Mapping[str, object], status: int) -> Response:
    """Without the app's context processors, which may need what before_request has not done."""
    text = current_app.jinja_env.get_template(OURS).render(shown)
    return lasting(text, status, "text/html", {**HEADERS, "Content-Security-Policy": _csp()})


def refuse(methods: Iterable[str], *, is_asked: bool) -> Response:
    """An empty answer that names the methods: to OPTIONS, and to one that is none of them."""
    headers = {**HEADERS, "Allow": ", ".join(methods)}
    return lasting("", 204 if is_asked else 405, "text/plain", headers)


def masked(address: str) -> str:
    """Enough for its owner to know it, and too little for whom the mail was forwarded to.

    >>> masked("ann@example.com")
    'a•••@example.com'
    """
    local, _, domain = address.rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}•••@{domain}"


def _csp() -> str:
    """Nothing but our own style, by its hash."""
    own = b64encode(sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{own}'; {_FRAMED}"


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text("utf-8")
