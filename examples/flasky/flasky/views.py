"""The tutorial's page: say your name, and the admin hears of it when it is a new one."""

from __future__ import annotations

from flask import Blueprint, redirect, session, url_for
from flask import current_app as app
from flask.typing import ResponseReturnValue

from . import forms, people
from .mails import mail

main = Blueprint("main", __name__)


@main.route("/", methods=["GET", "POST"])
@forms.form("index.html")
def index() -> ResponseReturnValue:
    name = forms.name()
    new = people.greet(name)
    session["name"], session["known"] = name, not new
    if new:
        mail.send_email(app.config["FLASKY_ADMIN"], "New user", "mail/new_user", user=name)
    return redirect(url_for("main.index"))
