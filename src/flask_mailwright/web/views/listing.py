"""The list of mails, the newest first, and what of it is new."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from ..desk import Desk
from ..page import page, rendered, respond
from ..shown import Choice, path_with

AT_ONCE = 100
"""Mails on one page."""


def mails(desk: Desk) -> Response:
    """All of them, a page at a time."""
    return page("list.html", desk, **listed(desk))


def live(desk: Desk) -> Response:
    """Nothing while all is as it was with `after`; else the list as it is now."""
    latest = desk.store.latest()
    if request.args.get("after") == latest:
        return respond("", status=204)
    values = listed(desk)
    news = {
        "latest": values["latest"],
        "count": values["count"],
        "rows": rendered("rows.html", desk, **values),
    }
    return respond(json.dumps(news), mimetype="application/json")


def listed(desk: Desk, open_number: int | None = None) -> dict[str, Any]:
    """What the list shows, as the query wants it."""
    latest = desk.store.latest()  # first: what comes meanwhile is rather told twice than never
    search = request.args.get("q", "")[:200]
    before = request.args.get("before", type=int)
    found = desk.store.newest(before=_in_range(before), limit=AT_ONCE + 1, search=search)
    place = {"q": search, "before": str(before or "")}
    kept = Choice.of(request.args, "html").kept
    kept |= {name: value for name, value in place.items() if value}
    return {
        "latest": latest,
        "rows": found[:AT_ONCE],
        "older": found[AT_ONCE - 1].number if len(found) > AT_ONCE else None,
        "before": before,
        "search": search,
        "count": desk.store.count(),
        "kept": kept,
        "open_number": open_number or request.args.get("open", type=int),
        "path_with": path_with,
    }


def _in_range(number: int | None) -> int | None:
    return number if number is not None and 0 <= number < 2**53 else None
