"""Accounts: register, confirm, sign in and out, and a new password when the old one is lost."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from . import forms, people
from .forms import Fault, form
from .mails import mail
from .people import Person
from .tokens import person_of, sign

accounts = Blueprint("accounts", __name__)


@accounts.before_app_request
def remember() -> None:
    g.person = people.by_number(session["person"]) if "person" in session else None


@accounts.route("/register", methods=["GET", "POST"])
@form("register.html")
def register() -> ResponseReturnValue:
    """Who has an account gets the way back into it: the page does not tell a stranger of it."""
    name, email, password = forms.name(), forms.email(), forms.new_password()
    person = people.add(name, email, password, reader="reader" in request.form)
    if person:
        mail.send_email(person, None, "mail/confirm", token=sign("confirm", person), user=person)
    else:
        send_reset(email)
    return redirect(url_for("accounts.inbox"))


@accounts.get("/inbox")
def inbox() -> ResponseReturnValue:
    return render_template("inbox.html")


@accounts.get("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    person = person_of("confirm", token)
    people.confirm(person)
    greet(person)
    flash(f"Thank you, {person.name}: your address is confirmed. You can sign in now.")
    return redirect(url_for("accounts.sign_in"))


@accounts.route("/sign-in", methods=["GET", "POST"])
@form("sign_in.html")
def sign_in() -> ResponseReturnValue:
    person = people.sign_in(forms.email(), forms.text("password", "Please enter your password."))
    if person is None:
        raise Fault("form", "This address and this password do not belong together.")
    if not person.confirmed:
        raise Fault("form", "Please follow the link in our mail first: it confirms your address.")
    welcome(person)
    return redirect(url_for("main.index"))


@accounts.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("main.index"))


@accounts.route("/forgotten", methods=["GET", "POST"])
@form("forgotten.html")
def forgotten() -> ResponseReturnValue:
    send_reset(forms.email())
    return redirect(url_for("accounts.inbox"))


@accounts.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> ResponseReturnValue:
    return choose_password(person=person_of("reset", token))


@form("reset.html")
def choose_password(person: Person) -> ResponseReturnValue:
    people.set_password(person, forms.new_password())
    flash("Your new password is set. You can sign in with it now.")
    return redirect(url_for("accounts.sign_in"))


def send_reset(email: str) -> None:
    """To the address on file, which is the one that was confirmed."""
    if person := people.by_email(email):
        mail.send_email(person, None, "mail/reset", token=sign("reset", person), user=person)


def greet(person: Person) -> None:
    """Once, however often the link is followed."""
    message = mail.compose(person, None, "mail/welcome", user=person)
    mail.send_later(message, key=f"welcome:{person.number}")


def welcome(person: Person) -> None:
    """A fresh session, so that nobody shares one that was prepared for them."""
    session.clear()
    session["person"], session["name"] = person.number, person.name
