"""`flask mail check --migrate`: what an app brings with it from another mail extension."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from ..config.migration import NOT_OBEYED, Finding, review
from .terminal import folded, say, say_json


@click.command("check")
@click.option("--migrate", is_flag=True, help="Which keys of the configuration count here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@with_appcontext
def command(migrate: bool, as_json: bool) -> None:
    """Look at the configuration; exit code 1 when a key is not obeyed.

    Values are never shown.
    """
    if not migrate:
        raise click.UsageError("say --migrate: it is all that check knows so far")
    findings = review(current_app.config)
    if as_json:
        say_json({"app": current_app.name, "keys": [finding._asdict() for finding in findings]})
    else:
        for line in _lines(findings):
            say(line)
    if any(finding.verdict in NOT_OBEYED for finding in findings):
        raise SystemExit(1)


def _lines(findings: list[Finding]) -> list[str]:
    told = [finding for finding in findings if finding.verdict != "obeyed"]
    obeyed = [finding.key for finding in findings if finding.verdict == "obeyed"]
    lines = [line for finding in told for line in _account(finding)]
    if obeyed:
        lines += folded("", f"Obeyed as they are: {', '.join(obeyed)}")
    return lines or ["No key is about mail: the relay is 127.0.0.1, port 25."]


def _account(finding: Finding) -> list[str]:
    return [f"{finding.key} is {finding.verdict}", *folded("  ", finding.advice), ""]
