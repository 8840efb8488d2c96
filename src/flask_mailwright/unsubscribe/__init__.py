"""The way out of a mailing list: a link in each of its mails, and the page behind it (RFC 8058).

The page's views are imported with the first request for it.
"""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint, Flask, Response, request, request_started
from flask.blueprints import BlueprintSetupState

from .path import PREFIX

__all__ = ["blueprint"]

blueprint = Blueprint("mailwright_unsubscribe", __name__, template_folder="templates")


@blueprint.record
def _stand_first(state: BlueprintSetupState) -> None:
    """Before login walls and guards of forms: a mail program has no cookie and no token of theirs.

    RFC 8058 §3.2.
    """
    state.app.before_request_funcs.setdefault(None, []).insert(0, _page)
    request_started.connect(_of_no_route, state.app)


def _of_no_route(app: Flask, **_: object) -> None:
    """Before url_value_preprocessor functions: a route that matches anything has no say here."""
    if request.path.startswith(PREFIX):
        request.url_rule, request.view_args = None, {}


def _page() -> Response | None:
    """For every host, whatever the app's url_map is like."""
    path = request.path
    if not path.startswith(PREFIX):
        return None
    response: Response = import_module(".views", __name__).answer(path.removeprefix(PREFIX))
    return response
