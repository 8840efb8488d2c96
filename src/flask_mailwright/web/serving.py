"""A request for the mailbox: whether it is answered at all, and which view answers it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, RequestRedirect, Rule

from ..errors import MailError
from .desk import Desk
from .gate import is_from_elsewhere, is_proven, why_not
from .page import page, respond
from .quiet import keep_polls_out_of_the_log

_MAIL = "/<int(max=9007199254740991):number>"
_PREVIEW = "/previews/<path:name>"
_FILE = "/part/<int(max=1000000):index>/<path:filename>"
_ROUTES = {
    "/": "listing.mails",
    "/live": "listing.live",
    "/delete-all": "changing.delete_all",
    "/static/<filename>": "static.static",
    _MAIL: "mail.mail",
    f"{_MAIL}/body": "mail.body",
    f"{_MAIL}/source.eml": "mail.source",
    f"{_MAIL}{_FILE}": "mail.part",
    f"{_MAIL}/delete": "changing.delete",
    f"{_MAIL}/resend": "changing.resend",
    "/previews": "previews.listing",
    _PREVIEW: "previews.preview",
    f"{_PREVIEW}/live": "previews.live",
    f"{_PREVIEW}/body": "previews.body",
    f"{_PREVIEW}/source.eml": "previews.source",
    f"{_PREVIEW}{_FILE}": "previews.part",
    f"{_PREVIEW}/send": "previews.send",
}
_POSTED = {"changing.delete_all", "changing.delete", "changing.resend", "previews.send"}
"""Those that change something, and only by POST; a GET of one asks whether that is meant."""


@cache
def _map() -> Map:
    rules = [
        Rule(path, endpoint=view, methods=["GET", "POST"] if view in _POSTED else ["GET"])
        for path, view in _ROUTES.items()
    ]
    return Map(rules, strict_slashes=False)


def serve(path: str) -> Response | None:
    """Nothing where the mailbox is off, 403 for who may not see it; nothing of ours is raised."""
    capture = getattr(current_app.extensions.get("mailwright"), "capture", None)
    if capture is None or not capture.is_on:
        return None
    if refusal := why_not(request, current_app.config.get("TRUSTED_HOSTS")):
        return respond(refusal + "\n", status=403)
    keep_polls_out_of_the_log()
    desk = Desk(current_app.extensions["mailwright"])
    try:
        return _answer(desk, path or "/")
    except MailError as error:
        return page("told.html", desk, status=500, title="Not available", told=str(error))


def _answer(desk: Desk, path: str) -> Response:
    try:
        view, values = _map().bind("").match(path, request.method)
    except MethodNotAllowed as error:
        methods = ", ".join(error.valid_methods or ())
        return respond("Not by this method.\n", status=405, headers={"Allow": methods})
    except (HTTPException, RequestRedirect):
        return not_here(desk)
    if request.method == "POST" and not _is_meant(desk):
        return respond(_NOT_MEANT, status=403)
    return _called(view, desk, values) or not_here(desk)


def _is_meant(desk: Desk) -> bool:
    shown = request.form.get("token", "")
    return not is_from_elsewhere(request) and is_proven(shown, desk.store.secret())


def _called(view: str, desk: Desk, values: Mapping[str, Any]) -> Response | None:
    module, _, name = view.partition(".")
    answer: Response | None = getattr(import_module(f"..views.{module}", __name__), name)(
        desk, **values
    )
    return answer


def not_here(desk: Desk) -> Response:
    """For what was deleted meanwhile, or never was."""
    told = "There is no such mail or page here; it may have been deleted."
    return page("told.html", desk, status=404, title="Not found", told=told)


_NOT_MEANT = (
    "This form was not sent from a page of the mailbox: go back, load the page again and repeat"
    " it.\n"
)
