"""`flask mail check`: is all well between this app and its relays, and what does nobody obey?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from ..config.migration import NOT_OBEYED, Finding, review
from .app import app_state
from .checkup import Checked, checkup
from .published import Published
from .terminal import folded, iso, say, say_json


@click.command("check")
@click.option("--migrate", is_flag=True, help="Only which keys of the configuration count here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@with_appcontext
def command(migrate: bool, as_json: bool) -> None:
    """Connect to every relay and say what is wrong, with the setting to change.

    Exit code 1 when a relay cannot be used, when DNS does not have a key that signs, or with
    --migrate when a setting is not obeyed. No mail is sent, and no value of a setting is shown.
    """
    if migrate:
        _migrate(as_json)
        return
    checked = checkup(app_state())
    if as_json:
        say_json({"app": current_app.name, "routes": [_document(each) for each in checked.routes],
                  "dkim": [each._asdict() for each in checked.keys],
                  "warnings": checked.warnings})  # fmt: skip
    else:
        for line in _report(checked):
            say(line)
    if checked.failed:
        raise SystemExit(1)


def _report(checked: Checked) -> Iterator[str]:
    for route in checked.routes:
        yield f"{route.title}: {route.relay}"
        for told in route.facts:
            yield from folded("  ", told)
        for told in route.warnings:
            yield from folded("  Warning: ", told)
        if route.error:
            first, *rest = route.error.splitlines()
            yield from folded("  Error: ", first)
            for line in rest:
                yield from folded("         ", line)
        yield ""
    for key in checked.keys:
        yield from _of_key(key)
    for told in checked.warnings:
        yield from folded("Warning: ", told)
    yield "Errors: see above." if checked.failed else "All relays can be used."


def _of_key(key: Published) -> Iterator[str]:
    yield f"Signatures: {key.name}"
    first, *rest = key.told.splitlines()
    label = {"equal": "  ", "unknown": "  Warning: "}.get(key.found, f"  Error: {key.found}: ")
    yield from folded(label, first)
    for line in rest:
        yield from folded(" " * len(label), line)
    if key.wrong:
        yield f"  Record: {key.record}"
    yield ""


def _document(route: Any) -> dict[str, Any]:
    document: dict[str, Any] = route._asdict()
    return document | {"good_until": iso(route.good_until)}


def _migrate(as_json: bool) -> None:
    findings = review(current_app.config)
    if as_json:
        say_json({"app": current_app.name, "keys": [finding._asdict() for finding in findings]})
    else:
        for line in _findings(findings):
            say(line)
    if any(finding.verdict in NOT_OBEYED for finding in findings):
        raise SystemExit(1)


def _findings(findings: list[Finding]) -> list[str]:
    told = [finding for finding in findings if finding.verdict != "obeyed"]
    obeyed = [finding.key for finding in findings if finding.verdict == "obeyed"]
    lines = [line for finding in told for line in _account(finding)]
    if obeyed:
        lines += folded("", f"Obeyed as they are: {', '.join(obeyed)}")
    return lines or ["No key is about mail: the relay is 127.0.0.1, port 25."]


def _account(finding: Finding) -> list[str]:
    return [f"{finding.key} is {finding.verdict}", *folded("  ", finding.advice), ""]
