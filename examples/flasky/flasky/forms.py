"""Forms without a library: a token against forgery, and faults shown where they were made."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, abort, render_template, request, session
from flask.typing import ResponseReturnValue

from flask_mailwright import Address, MessageError

View = Callable[..., ResponseReturnValue]
LONGEST_NAME = 60
SHORTEST_PASSWORD = 8


class Fault(Exception):
    """A field that cannot stay as it is."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def init_app(app: Flask) -> None:
    app.before_request(_refuse_forged)
    app.add_template_global(_token, "csrf_token")


def form(template: str, **context: Callable[[], Any]) -> Callable[[View], View]:
    """GET shows the form; POST runs the view, and shows the form again with what is wrong."""

    def page(faults: dict[str, str], values: dict[str, Any]) -> str:
        asked = {name: ask() for name, ask in context.items()}
        return render_template(template, faults=faults, **asked, **values)

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(**values: Any) -> ResponseReturnValue:
            if request.method != "POST":
                return page({}, values)
            try:
                return view(**values)
            except Fault as fault:
                return page({fault.field: str(fault)}, values), 422

        return shown

    return decorate


def name() -> str:
    value = line("name", "Please tell us your name.")
    if len(value) > LONGEST_NAME:
        raise Fault("name", f"A name has at most {LONGEST_NAME} characters.")
    return value


def email() -> str:
    """An address that mail servers accept; the reason why not comes from Flask-Mailwright."""
    try:
        return Address("", text("email", "Please enter your address.")).spec
    except MessageError as error:
        raise Fault("email", "; ".join(error.faults)) from error


def new_password() -> str:
    value = request.form.get("password", "")
    if len(value) < SHORTEST_PASSWORD:
        raise Fault("password", f"A password has at least {SHORTEST_PASSWORD} characters.")
    return value


def line(field: str, missing: str) -> str:
    value = text(field, missing)
    if not value.isprintable():
        raise Fault(field, "This must be one line, without control characters.")
    return value


def text(field: str, missing: str) -> str:
    value = request.form.get(field, "").strip()
    if not value:
        raise Fault(field, missing)
    return value


def _token() -> str:
    token: str = session.setdefault("csrf", secrets.token_urlsafe())
    return token


def _refuse_forged() -> None:
    if request.method != "POST":
        return
    sent = request.form.get("csrf", "")
    if not hmac.compare_digest(sent.encode(), session.get("csrf", "").encode()) or not sent:
        abort(400, "This form has expired. Go back, load the page again and send it once more.")
