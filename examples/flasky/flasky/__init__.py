"""Flasky, the tutorial's application grown up: what mail looks like in a Flask app.

Run it by itself with `flask --app examples.flasky.flasky run --debug`: without a mail server
configured, each mail is in the development mailbox, at /_mail, and so are previews of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from . import accounts, forms, mails, newsletter, people, views
from . import previews as previews  # registers them with the mailbox

DEFAULTS = {
    "MAIL_SUBJECT_PREFIX": "[Flasky] ",
    "MAIL_DEFAULT_SENDER": "Flasky Admin <flasky@example.com>",
    "FLASKY_ADMIN": "flasky@example.com",
    "MAIL_BASE_URL": "http://127.0.0.1:5000",
    "SESSION_COOKIE_SAMESITE": "Lax",
}


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application; FLASK_SECRET_KEY, FLASK_MAIL_URL and so on come from the environment.

    FLASKY_ADMIN gets the mails about new users and may send the newsletter; MAIL_BASE_URL is what
    links in mails begin with; FLASKY_DATABASE is a file, by default in the instance folder, and
    mails that wait for the relay are in one beside it.
    """
    app = Flask(__name__)
    app.config.from_mapping(DEFAULTS)
    app.config["FLASKY_DATABASE"] = Path(app.instance_path, "flasky.sqlite")
    app.config.from_prefixed_env()
    app.config.update(config or {})
    outbox = Path(app.config["FLASKY_DATABASE"]).with_name("outbox.sqlite")
    app.config.setdefault("MAIL_OUTBOX_URL", f"sqlite:///{outbox}")
    for part in (people, forms, mails):
        part.init_app(app)
    for blueprint in (views.main, accounts.accounts, newsletter.letters):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, show_error)
    app.after_request(harden)
    return app


def show_error(error: HTTPException) -> ResponseReturnValue:
    return render_template("error.html", error=error), error.code or 500


def harden(response: Response) -> Response:
    """A link with a token in it must not leak to other sites, nor may they frame our forms."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "same-origin"
    return response
