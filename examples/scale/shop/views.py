"""The order form, and what became of the mails."""

from __future__ import annotations

import click
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from flask_mailwright import MailError

from . import orders
from .models import Order, db

shop = Blueprint("shop", __name__, cli_group=None)
SHOWN = 20


@shop.get("/")
def index() -> str:
    """The newest orders."""
    newest = db.session.scalars(db.select(Order).order_by(Order.id.desc()).limit(SHOWN))
    return render_template("index.html", orders=[(order, became_of(order)) for order in newest])


@shop.post("/")
def order() -> ResponseReturnValue:
    try:
        orders.place(request.form["name"].strip(), request.form["email"].strip())
    except MailError as error:
        db.session.rollback()
        if error.kind != "invalid":
            raise
        return render_template("index.html", orders=[], fault=str(error)), 422
    return redirect(url_for("shop.index"))


def became_of(order: Order) -> str:
    ticket = orders.mail.ticket(order.ticket)
    return ticket.status()


@shop.cli.command("init")
def init() -> None:
    """Make the tables; an app with migrations has the outbox's four in them."""
    db.create_all()


@shop.cli.command("announce")
@click.argument("subject")
def announce(subject: str) -> None:
    """Mail all customers."""
    click.echo(f"{orders.announce(subject)} mails are in the outbox")
