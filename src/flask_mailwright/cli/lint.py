"""`flask mail lint`: what readers, mail clients and inbox lists will make of the app's mails."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

import click
from flask import current_app
from flask.cli import with_appcontext

from ..appstate import AppState
from ..lint import LEVELS, Finding, Level, lint, reaches
from ..lint.finding import listed
from .app import app_state
from .terminal import folded, say, say_json, shown

NOTHING = (
    "there is nothing to look at: name .eml files, or register a preview with"
    ' @mail.preview("welcome") on a function that returns a Message'
)
_TITLES = {"error": "Error", "warn": "Warning", "note": "Note"}
_COUNTED: dict[Level, str] = {"error": "errors", "warn": "warnings", "note": "notes"}


class Looked(NamedTuple):
    """A mail that was looked at: the name of its file or preview, its language, what there is."""

    mail: str
    locale: str | None
    findings: list[Finding]

    @property
    def title(self) -> str:
        """How people call it."""
        return f"{self.mail} ({self.locale})" if self.locale else self.mail


@click.command("lint")
@click.argument("files", nargs=-1, type=click.File("rb"))
@click.option("--preview", "names", multiple=True, help="Only this preview; may be repeated.")
@click.option("--fail-on", type=click.Choice(LEVELS), default="error", show_default=True,
              help="The mildest finding that is a failure.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@with_appcontext
def command(
    files: tuple[BinaryIO, ...], names: tuple[str, ...], fail_on: Level, as_json: bool
) -> None:
    """Look at mails before their readers do: .eml FILES, or each preview in each of its languages.

    Exit code 1 when something was found at --fail-on or above. No mail is sent, and no link is
    followed.
    """
    state = app_state()
    looked = [*_files(files), *_previews(state, _chosen(state, names, bool(files)))]
    if not looked:
        raise click.ClickException(NOTHING)
    failed = any(reaches(finding, fail_on) for each in looked for finding in each.findings)
    if as_json:
        say_json(_document(looked, failed))
    else:
        for line in _report(looked):
            say(line)
    if failed:
        raise SystemExit(1)


def _chosen(state: AppState, names: tuple[str, ...], has_files: bool) -> Iterable[str]:
    for name in names:
        if name not in state.previews:
            known = ", ".join(state.previews) or "none"
            raise click.ClickException(f"there is no preview {name!r}; registered: {known}")
    return names if names or has_files else state.previews


def _files(files: Iterable[BinaryIO]) -> Iterator[Looked]:
    for file in files:
        yield Looked(str(file.name), None, lint(file.read()))


def _previews(state: AppState, names: Iterable[str]) -> Iterator[Looked]:
    for name in names:
        for locale in state.previews[name].locales or (None,):
            yield Looked(name, locale, _preview(state, name, locale))


def _preview(state: AppState, name: str, locale: str | None) -> list[Finding]:
    try:
        mail = state.preview(name, locale)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a finding, too; others are waiting
        return [_raised(error)]
    return lint(mail)


def _raised(error: BaseException) -> Finding:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return Finding(
        "preview",
        "error",
        f"there is no mail: {type(error).__name__}: {error}",
        f"{last.filename}, line {last.lineno}",
        mend="Mend the function of the preview, or what it calls.",
    )


def _report(looked: list[Looked]) -> Iterator[str]:
    for each in looked:
        if each.findings:
            yield shown(each.title)
            for finding in each.findings:
                yield from _account(finding)
            yield ""
    yield _summary(looked)


def _account(finding: Finding) -> Iterator[str]:
    yield from folded(f"  {_TITLES[finding.level]}: ", f"{finding.message} ({finding.rule})")
    yield from folded("    ", finding.where)
    concerned = f"In {listed(finding.clients)}. " if finding.clients else ""
    yield from folded("    ", concerned + finding.mend)


def _summary(looked: list[Looked]) -> str:
    counts = [_number(number, what) for what, number in _counts(looked).items() if number]
    mails = _number(len(looked), "mails")
    return f"{mails}: {', '.join(counts)}" if counts else f"{mails}: nothing to mend"


def _number(number: int, what: str) -> str:
    return f"{number} {what.removesuffix('s') if number == 1 else what}"


def _counts(looked: list[Looked]) -> dict[str, int]:
    levels = [finding.level for each in looked for finding in each.findings]
    return {what: levels.count(level) for level, what in _COUNTED.items()}


def _document(looked: list[Looked], failed: bool) -> dict[str, Any]:
    mails = [
        each._asdict() | {"findings": [finding._asdict() for finding in each.findings]}
        for each in looked
    ]
    return {"app": current_app.name, "mails": mails, **_counts(looked), "failed": failed}
