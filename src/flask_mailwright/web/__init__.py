"""The development mailbox at `/_mail`: what the app has sent, as its readers will see it.

It is served while `AppState.capture` is on, to this machine alone. What it takes to show a mail is
imported with the first request for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState

from .path import PREFIX

__all__ = ["blueprint"]

blueprint = Blueprint("mailwright", __name__, url_prefix=PREFIX)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""All come to us: where there is no mailbox, there is nothing that could refuse a method either."""


@blueprint.record
def _add_rules(state: BlueprintSetupState) -> None:
    host = "<mailwright_host>" if state.app.url_map.host_matching else None
    for rule in ("", "/", "/<path:rest>"):
        state.add_url_rule(
            rule,
            endpoint="mailbox",
            view_func=_mailbox,
            methods=METHODS,
            provide_automatic_options=False,
            merge_slashes=False,
            host=host,
        )


@blueprint.record
def _stand_first(state: BlueprintSetupState) -> None:
    """Before the app's login walls and guards of forms, which our pages know nothing of."""
    state.app.before_request_funcs.setdefault(None, []).insert(0, _ours)


def _ours() -> Response | None:
    if request.endpoint != f"{blueprint.name}.mailbox":
        return None
    return _mailbox(**request.view_args or {})


def _mailbox(**values: Any) -> Response:
    """The app's own way with URLs ends here, whatever its url_map is like."""
    response: Response = import_module(".serving", __name__).serve(values.get("rest", ""))
    return response
