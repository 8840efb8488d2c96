"""`flask mail check --migrate`: what a developer reads on the day he moves."""

import json
from typing import Any

from click.testing import Result
from flask import Flask

from flask_mailwright.flask_mail import Mail

SECRETS = ("hunter2", "ann@example.com", "smtp.example.com", "[Flasky]", "sub.example")


def check(*arguments: str, **config: Any) -> Result:
    """What it says of an app with these keys."""
    app = Flask("flasky")
    app.config.update(config)
    Mail(app)
    return app.test_cli_runner().invoke(args=["mail", "check", *arguments])


def test_keys_that_are_not_obeyed_are_told() -> None:
    """Each with what to do, never with its value; exit code 1."""
    result = check(
        "--migrate",
        MAIL_SERVER="smtp.example.com",
        MAIL_USE_TLS=True,
        MAIL_USERNAME="ann@example.com",
        MAIL_PASSWORD="hunter2",
        MAIL_SEVER="sub.example",
        FLASKY_MAIL_SUBJECT_PREFIX="[Flasky]",
        MAIL_SUPPRESS_SEND=False,
    )
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "FLASKY_MAIL_SUBJECT_PREFIX is renamed",
        "  write MAIL_SUBJECT_PREFIX: send_email and compose put it before the subject,",
        "  so do not put it there yourself",
        "",
        "MAIL_SEVER is unknown",
        "  nothing reads it; is MAIL_SERVER meant?",
        "",
        "MAIL_SUPPRESS_SEND is unnecessary",
        "  it follows TESTING by itself, asked at each mail; delete it",
        "",
        "Obeyed as they are: MAIL_PASSWORD, MAIL_SERVER, MAIL_USERNAME, MAIL_USE_TLS",
    ]
    assert not any(secret in result.output for secret in SECRETS)


def test_nothing_to_do() -> None:
    """Exit code 0, also when there are keys to delete."""
    assert check("--migrate", MAIL_PORT=25).output == "Obeyed as they are: MAIL_PORT\n"
    assert check("--migrate").output.startswith("No key is about mail")
    assert check("--migrate", MAIL_MAX_EMAILS=50).exit_code == 0


def test_for_programs() -> None:
    """The same as JSON."""
    result = check("--migrate", "--json", DEFAULT_MAIL_SENDER="ann@example.com")
    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "app": "flasky",
        "keys": [
            {
                "key": "DEFAULT_MAIL_SENDER",
                "verdict": "renamed",
                "advice": "write MAIL_DEFAULT_SENDER",
            }
        ],
    }


def test_without_an_option_it_says_what_it_knows() -> None:
    """The rest of `check` is not there yet."""
    result = check()
    assert result.exit_code == 2
    assert "--migrate" in result.output
