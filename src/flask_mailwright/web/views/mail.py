"""One mail: its pages, its body, its source and its files."""

from __future__ import annotations

from flask import Response, request

from ..desk import Desk
from ..page import page
from ..shown import Choice, Shown, view_names
from .listing import listed
from .pieces import body_of, file_of, findings_of, source_of


def mail(desk: Desk, number: int) -> Response | None:
    """The mail beside the list."""
    kept = desk.store.find(number)
    if kept is None:
        return None
    shown = Shown(f"{desk.base}/{number}", kept.content, kept.mail)
    choice = Choice.of(request.args, shown.best_view)
    newer, older = desk.store.neighbours(number)
    return page(
        "mail.html",
        desk,
        kept_mail=kept,
        shown=shown,
        choice=choice,
        newer_mail=newer,
        older_mail=older,
        findings=findings_of(kept.mail or kept.content) if choice.view == "lint" else None,
        view_names=view_names(),
        said=_SAID.get(request.args.get("said", "")),
        **listed(desk, number),
    )


_SAID = {
    "resent": "This is the copy that was sent again.",
    "suppressed": "Sent again, and suppressed: this app sends no mail at the moment"
    " (MAIL_SUPPRESS_SEND, or TESTING).",
    "sent": "The preview was sent: this is the mail.",
}


def body(desk: Desk, number: int) -> Response | None:
    """The HTML by itself, for the frame."""
    shown = _shown(desk, number)
    return None if shown is None else body_of(shown)


def source(desk: Desk, number: int) -> Response | None:
    """The octets as they are, to be kept."""
    shown = _shown(desk, number)
    return None if shown is None else source_of(shown, f"mail-{number}.eml")


def part(desk: Desk, number: int, index: int, filename: str) -> Response | None:
    """One part as a file; its name in the path is for people."""
    shown = _shown(desk, number)
    return None if shown is None else file_of(shown, index)


def _shown(desk: Desk, number: int) -> Shown | None:
    kept = desk.store.find(number)
    return None if kept is None else Shown(f"{desk.base}/{number}", kept.content, kept.mail)
