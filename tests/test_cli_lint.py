"""`flask mail lint`: what a developer reads before his readers do, and what stops a build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask, current_app

from flask_mailwright import Mail, Message
from tests.apps import ANN, make_mail
from tests.lint.letters import eml, page


@pytest.fixture
def app() -> Flask:
    """Its previews: one in order, one in two languages with a note and more, one that raises."""
    app, mail = make_mail()
    _register(mail)
    return app


def _register(mail: Mail) -> None:
    @mail.preview("plain")
    def plain() -> Message:
        return Message("Your order", [ANN], "It is on its way.")

    @mail.preview("welcome", locales=["en", "de"])
    def welcome() -> Message:
        html = page("<a href='/in'>In</a> <img src='https://x.example/x.png'>")
        return Message("Welcome", [ANN], "Your order is on its way, and will be there", html)

    @mail.preview("broken")
    def broken() -> Message:
        raise LookupError("no user\x1b[2J 7")


def run(app: Flask, *arguments: str, code: int) -> Result:
    """What it says; its exit code is looked at."""
    result = app.test_cli_runner().invoke(args=["mail", "lint", *arguments])
    assert result.exit_code == code, result.output
    return result


def test_previews_are_looked_at(app: Flask) -> None:
    """Each in each of its languages; one that raises is a finding like others."""
    said = run(app, code=1).output
    assert "plain" not in said
    assert said.startswith(
        """\
welcome (en)
  Error: a relative address leads nowhere in a mail (relative-link)
    html, line 2: <a href='/in'>
    Set MAIL_BASE_URL, and url_for makes links absolute that everybody can open.
  Warning: an image has no alt text: screen readers spell its file name, and
           without images it is nothing (missing-alt)
    html, line 2: <img src='https://x.example/x.png'>
    Say in alt what it shows, or write alt="" when it is only decoration.

welcome (de)
"""
    )
    assert "broken\n  Error: there is no mail: LookupError: no user\\x1b[2J 7 (preview)\n" in said
    assert "test_cli_lint.py, line" in said
    assert said.endswith("\n\n4 mails: 3 errors, 2 warnings\n")


def test_a_preview_that_leaves_the_program() -> None:
    """It is a finding like others: a build does not pass for it."""
    app, mail = make_mail()

    @mail.preview("leaving")
    def leaving() -> Message:
        raise SystemExit(0)

    assert "Error: there is no mail: SystemExit: 0 (preview)" in run(app, code=1).output


def test_one_preview(app: Flask) -> None:
    """By name; a name that nobody registered is told with those that are."""
    assert run(app, "--preview", "plain", code=0).output == "1 mail: nothing to mend\n"
    said = run(app, "--preview", "plane", code=1).output
    assert said == "Error: there is no preview 'plane'; registered: plain, welcome, broken\n"


def test_files(app: Flask, tmp_path: Path) -> None:
    """They are looked at in place of the previews; a note or a warning stops a build if asked."""
    file = tmp_path / "order.eml"
    file.write_bytes(eml(page("<img src='https://x.example/x.png'>")))
    assert run(app, str(file), code=0).output.endswith("\n1 mail: 1 warning\n")
    run(app, str(file), "--fail-on", "warn", code=1)
    run(app, str(file), "--fail-on", "note", code=1)
    file.write_bytes(eml(Subject="long " * 30))
    run(app, str(file), "--fail-on", "warn", code=0)
    run(app, str(file), "--fail-on", "note", code=1)
    said = run(app, str(file), "--preview", "plain", code=0).output
    assert said.startswith(f"{file}\n  Note: ")
    assert said.endswith("2 mails: 1 note\n")


def test_for_programs(app: Flask) -> None:
    """All of it as JSON."""
    document = json.loads(run(app, "--json", "--preview", "welcome", code=1).output)
    mails = document.pop("mails")
    assert document == {
        "app": "flasky", "errors": 2, "warnings": 2, "notes": 0, "failed": True
    }  # fmt: skip
    assert [each["locale"] for each in mails] == ["en", "de"]
    assert mails[0]["findings"][0] == {
        "rule": "relative-link",
        "level": "error",
        "message": "a relative address leads nowhere in a mail",
        "where": "html, line 2: <a href='/in'>",
        "clients": [],
        "mend": "Set MAIL_BASE_URL, and url_for makes links absolute that everybody can open.",
    }


def test_nothing_to_look_at() -> None:
    """It says how to register a preview."""
    app, _ = make_mail()
    assert '@mail.preview("welcome")' in run(app, code=1).output


def test_a_preview_has_the_app(app: Flask) -> None:
    """As when a mail is sent from a view."""
    mail: Mail = Mail()
    other = Flask("other")
    other.config.update(MAIL_URL="memory:", MAIL_ENGINE="inline", MAIL_DEFAULT_SENDER=ANN)
    mail.init_app(other)

    @mail.preview("named")
    def named() -> Message:
        return Message(current_app.name, [ANN], "Hello")

    assert run(other, code=0).output == "1 mail: nothing to mend\n"
