"""The newsletter: sent to every reader at once, answered for one by one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from flask_mailwright import Ticket

from . import forms, mails, people
from .forms import View, form
from .people import Person, database

letters = Blueprint("letters", __name__, url_prefix="/newsletter")


def for_admins(view: View) -> View:
    @wraps(view)
    def guarded(**values: Any) -> ResponseReturnValue:
        if g.person is None:
            flash("Please sign in as the admin to send the newsletter.")
            return redirect(url_for("accounts.sign_in"))
        return view(**values) if g.person.is_admin else abort(403)

    return guarded


@letters.route("/", methods=["GET", "POST"])
@for_admins
@form("newsletter.html", readers=people.readers)
def write() -> ResponseReturnValue:
    subject = forms.line("subject", "Please give it a subject.")
    text = forms.text("text", "Please write something.")
    readers = people.readers()
    tickets = mails.mail.send_many_later(mails.newsletter(readers, subject, text))
    number = keep(subject, zip(readers, tickets, strict=True))
    return redirect(url_for("letters.show", number=number))


def keep(subject: str, copies: Iterable[tuple[Person, Ticket]]) -> int | None:
    """Note who gets it and under which ticket; reading `copies` is what sends them."""
    with database() as transaction:
        number = transaction.execute("INSERT INTO letter (subject) VALUES (?)", [subject]).lastrowid
        rows = ((number, reader.name, reader.email, ticket.id) for reader, ticket in copies)
        transaction.executemany("INSERT INTO copy VALUES (?, ?, ?, ?)", rows)
    return number


@letters.get("/<int:number>")
@for_admins
def show(number: int) -> ResponseReturnValue:
    found = database().execute("SELECT subject FROM letter WHERE number = ?", [number]).fetchone()
    rows = database().execute("SELECT name, email, ticket FROM copy WHERE letter = ?", [number])
    copies = [(name, email, *mails.became_of(ticket)) for name, email, ticket in rows]
    return render_template("letter.html", subject=found[0], copies=copies) if found else abort(404)
