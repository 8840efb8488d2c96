"""What changes something: sending again, and deleting."""

from __future__ import annotations

from flask import Response, request

from ..desk import Desk
from ..page import page, redirect
from ..resending import renewed, submit


def delete(desk: Desk, number: int) -> Response | None:
    """One mail; then the next older one is shown, or the list."""
    if request.method == "GET":
        return redirect(f"{desk.base}/{number}")
    newer, older = desk.store.neighbours(number)
    desk.store.delete(number)
    return redirect(f"{desk.base}/{older or newer or ''}")


def delete_all(desk: Desk) -> Response:
    """All of them, after one more question."""
    if request.method == "GET":
        return page("delete_all.html", desk, count=desk.store.count())
    desk.store.delete_all()
    return redirect(f"{desk.base}/")


def resend(desk: Desk, number: int) -> Response | None:
    """The same content in a mail of its own; one that came in is asked about first."""
    kept = desk.store.find(number)
    if kept is None or kept.mail is None:
        return None
    if request.method == "GET":
        return page("resend.html", desk, kept=kept)
    again = renewed(desk.state, kept.mail)
    desk.capture.sent_again(again)
    submit(desk.state, again)
    number = desk.store.number_of(again.id) or number
    said = "suppressed" if desk.state.suppressed else "resent"
    return redirect(f"{desk.base}/{number}?said={said}")
