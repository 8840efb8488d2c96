"""What a link to leave a list does: a POST leaves, a GET asks first (RFC 8058)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import Response, current_app, request

from ..compose.lists import ONE_CLICK
from .page import page, refuse
from .token import Wish

if TYPE_CHECKING:
    from ..appstate import AppState

logger = logging.getLogger("flask_mailwright")

REASON = "unsubscribed"
"""What the list of suppressed addresses says of who left by such a link."""
METHODS = ("GET", "HEAD", "OPTIONS", "POST")


def answer(token: str) -> Response:
    """What became of it, as a page for people; its status is for mail programs."""
    state: AppState = current_app.extensions["mailwright"]
    if request.method not in METHODS or request.method == "OPTIONS":
        return refuse(METHODS, is_asked=request.method == "OPTIONS")
    wish = state.exits.wish(token)
    if wish is None:
        return page("unknown", status=404)
    if state.exits.is_over(wish):
        return page("expired", wish, status=410)
    if request.method != "POST":
        return page("ask", wish)
    return _leave(state, wish) if _is_one_click() else page("ask", wish, status=400)


def _is_one_click() -> bool:
    """As mail programs and our own button post it; what posts at random does nothing."""
    name, _, value = ONE_CLICK.partition("=")
    return request.form.get(name, "").strip().lower() == value.lower()


def _leave(state: AppState, wish: Wish) -> Response:
    """The second time it is the same page, and nobody is told again."""
    try:
        is_new = state.suppressions.add(wish.address, REASON, wish.list)
    except Exception:  # it may be a store of the user's own
        logger.exception("nobody could be unsubscribed from list %r now", wish.list)
        return page("trouble", wish, status=503)
    if is_new:
        state.hearers.tell(state.app, wish.address, wish.list)
    return page("done", wish)
