"""`flask mail send-test TO`: one small mail, now, and each relay's own words about it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from ..envelope import Receipt
from ..errors import DeliveryError
from ..held_connection import Connection
from ..message import Message
from .app import app_state
from .terminal import folded, say


@click.command("send-test")
@click.argument("to", nargs=-1, required=True)
@click.option("--route", default="", help="Over this one of MAIL_ROUTES.")
@with_appcontext
def command(to: tuple[str, ...], route: str) -> None:
    """Send a small test mail now; exit code 1 when somebody was not reached.

    It goes the way of all mail of this app, with its sender, over its relay, as staged.
    """
    message = _message(to, route)
    try:
        receipt = Connection(app_state()).send(message)
    except DeliveryError as error:
        receipt = Receipt("", error.replies, error)
    for line in _report(receipt):
        say(line)
    if receipt.error is not None:
        raise SystemExit(1)


def _message(to: tuple[str, ...], route: str) -> Message:
    now = datetime.now(UTC)
    host, name = socket.gethostname(), current_app.name
    message = Message(f"Test mail from {name}", [*to])
    message.body = (
        f"This is a test of {name} on {host}, sent at {now:%Y-%m-%d %H:%M:%S} UTC.\n"
        "If you can read it, its mail works: Grüße, спасибо, ありがとう.\n"
    )
    message.html = f"<p>{message.body.replace(chr(10), '<br>')}</p>"
    message.route = route
    return message


def _report(receipt: Receipt) -> list[str]:
    lines = [line for reply in receipt.replies for line in folded("", str(reply))]
    for tried in receipt.tried:
        lines += folded("  ", f"tried before: {tried.reason}")
    if receipt.error is not None and not receipt.tried:
        lines += ["", *str(receipt.error).splitlines()]
    return lines
