"""The previews: their list, and each as it would be mailed now."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from ...envelope import SealedMail
from ..desk import Desk
from ..page import page, redirect, respond
from ..previewing import Seen, see
from ..resending import submit
from ..shown import Choice, Shown, view_names
from .pieces import body_of, file_of, findings_of, source_of


def listing(desk: Desk) -> Response:
    """All that the app has."""
    return page("previews.html", desk)


def preview(desk: Desk, name: str) -> Response | None:
    """The mail, looked at as a kept one is, or what went wrong with it."""
    found = desk.previews.get(name)
    if found is None:
        return None
    seen = _see(desk, name)
    values: dict[str, Any] = {"preview": found, "locale": _locale(desk, name)}
    values |= {"digest": seen.digest}
    if seen.mail is None:
        return page("trouble.html", desk, trouble=seen.trouble, shown=_unmade(desk, name), **values)
    shown = _shown(desk, name, seen.mail)
    choice = Choice.of(request.args, shown.best_view)
    findings = findings_of(seen.mail) if choice.view == "lint" else None
    return page(
        "preview.html",
        desk,
        shown=shown,
        choice=choice,
        findings=findings,
        view_names=view_names() | {"delivery": "Envelope"},
        **values,
    )


def live(desk: Desk, name: str) -> Response | None:
    """Nothing while all is as it was with `after`; `steady` when two looks see the same."""
    if name not in desk.previews:
        return None
    digest = _see(desk, name).digest
    if request.args.get("after") == digest:
        return respond("", status=204)
    news = {"latest": digest, "steady": _see(desk, name).digest == digest}
    return respond(json.dumps(news), mimetype="application/json")


def body(desk: Desk, name: str) -> Response | None:
    """The HTML by itself, for the frame."""
    shown = _made(desk, name)
    return None if shown is None else body_of(shown)


def source(desk: Desk, name: str) -> Response | None:
    """The octets as they are, to be kept."""
    shown = _made(desk, name)
    return None if shown is None else source_of(shown, f"{name.rpartition('/')[2]}.eml")


def part(desk: Desk, name: str, index: int, filename: str) -> Response | None:
    """One part as a file."""
    shown = _made(desk, name)
    return None if shown is None else file_of(shown, index)


def send(desk: Desk, name: str) -> Response | None:
    """To whom the preview says, by the road of all mail."""
    if name not in desk.previews:
        return None
    shown = _made(desk, name)
    if request.method == "GET" or shown is None or shown.mail is None:
        return redirect(_unmade(desk, name).at())
    desk.capture.sent_again(shown.mail)
    submit(desk.state, shown.mail)
    number = desk.store.number_of(shown.mail.id)
    return redirect(f"{desk.base}/{number}?said=sent" if number else f"{desk.base}/")


def _see(desk: Desk, name: str) -> Seen:
    return see(lambda: desk.state.preview(name, _locale(desk, name)))


def _locale(desk: Desk, name: str) -> str | None:
    """One of those that the preview names; the first if none is asked for."""
    known = desk.previews[name].locales
    wanted = request.args.get("locale")
    return wanted if wanted in known else next(iter(known), None)


def _made(desk: Desk, name: str) -> Shown | None:
    mail = _see(desk, name).mail if name in desk.previews else None
    return None if mail is None else _shown(desk, name, mail)


def _shown(desk: Desk, name: str, mail: SealedMail) -> Shown:
    bare = _unmade(desk, name)
    return Shown(bare.path, mail.content, mail, bare.query)


def _unmade(desk: Desk, name: str) -> Shown:
    """Where it is, though there is nothing to show."""
    locale = _locale(desk, name)
    query = {"locale": locale} if locale else {}
    return Shown(desk.preview_path(name), b"", None, query)
