"""The development mailbox at `/_mail`: what the app has sent, as its readers will see it.

It is served while `AppState.capture` is on, to this machine alone. What it takes to show a mail is
imported with the first request for it.
"""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState

from .path import PREFIX

__all__ = ["blueprint"]

blueprint = Blueprint("mailwright", __name__)


@blueprint.record
def _stand_first(state: BlueprintSetupState) -> None:
    """Before the app's routes, login walls and guards of forms, which our pages know nothing of."""
    state.app.before_request_funcs.setdefault(None, []).insert(0, _mailbox)


def _mailbox() -> Response | None:
    """The app's own way with URLs ends here, whatever its url_map is like."""
    path = request.path
    if path != PREFIX and not path.startswith(f"{PREFIX}/"):
        return None
    response: Response | None = import_module(".serving", __name__).serve(path[len(PREFIX) :])
    return response
