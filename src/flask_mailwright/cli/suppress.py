"""`flask mail suppress ...`: look who gets no mail, and decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from flask.cli import AppGroup

from ..suppression import Suppression
from ..suppression.spelling import key
from .app import app_state
from .terminal import iso, moment, say, say_json, table

_OF_LIST = click.option("--list", "name", help="Mail of this list alone; all mail if not given.")

command = AppGroup("suppress", help="Addresses to which no mail goes, of a list or at all.")


@command.command("list")
@click.argument("addresses", nargs=-1)
@click.option("--list", "name", help="Only who is suppressed for this list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_all(addresses: Sequence[str], name: str | None, as_json: bool) -> None:
    """All of them, or those of ADDRESSES, by address."""
    wanted = {key(address) for address in addresses}
    found = [
        each
        for each in app_state().suppressions
        if (not wanted or each.address in wanted) and (name is None or name.lower() == each.list)
    ]
    if as_json:
        app = app_state().app.name
        say_json({"app": app, "suppressions": [_document(each) for each in found]})
        return
    for line in _lines(found):
        say(line)


@command.command("add")
@click.argument("addresses", nargs=-1, required=True)
@_OF_LIST
@click.option("--reason", default="flask mail suppress add", show_default=True)
def add(addresses: Sequence[str], name: str | None, reason: str) -> None:
    """Let no mail go to ADDRESSES any more."""
    for address in addresses:
        new = app_state().suppressions.add(address, reason, name)
        say(f"{key(address)} is suppressed{_of(name)}" + ("" if new else ", as before"))


@command.command("remove")
@click.argument("addresses", nargs=-1, required=True)
@_OF_LIST
def remove(addresses: Sequence[str], name: str | None) -> None:
    """Let mail go to ADDRESSES again; exit code 1 when one of them was not suppressed."""
    missed = False
    for address in addresses:
        if app_state().suppressions.remove(address, name):
            say(f"{key(address)} is not suppressed{_of(name)} any more")
        else:
            missed = True
            say(f"Error: {key(address)} was not suppressed{_of(name)}", err=True)
    if missed:
        raise SystemExit(1)


def _of(name: str | None) -> str:
    return " for all mail" if name is None else f" for the list {name}"


def _lines(found: Sequence[Suppression]) -> list[str]:
    rows = [(s.address, s.list or "(all mail)", moment(s.since)[:16], s.reason) for s in found]
    head = ("ADDRESS", "LIST", "SINCE (UTC)", "REASON")
    return [*([*table(head, rows), ""] if found else []), f"{len(found):,} in all"]


def _document(suppression: Suppression) -> dict[str, Any]:
    return suppression._asdict() | {"since": iso(suppression.since)}
