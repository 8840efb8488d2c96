"""`flask mail check`: what a developer reads on the day he moves, and on the day he deploys."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from flask_mailwright.cli.checkup import judged
from flask_mailwright.flask_mail import Mail
from flask_mailwright.smtp.probe import Probe
from flask_mailwright.testing import SMTPServer
from tests.certificates import Certificates

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


def test_every_relay_is_knocked_at(certificates: Certificates) -> None:
    """What it shows and offers; the way to mend what is wrong; no mail is sent."""
    good, users = certificates.good.context, {"ann": "hunter2"}
    with (
        SMTPServer(tls=good, users=users, size=35 * 2**20) as first,
        SMTPServer(tls=certificates.unknown_ca.context) as second,
    ):
        result = check(
            MAIL_URL=f"smtp://ann:hunter2@localhost:{first.port}?tls=starttls",
            MAIL_ROUTES={
                "news": f"smtp://localhost:{second.port}?tls=starttls",
                "dev": "console:",
                "login": f"smtp://ann:wrong@localhost:{first.port}?tls=starttls",
            },
            MAIL_TLS_CA_FILE=str(certificates.ca_file),
        )
        assert (first.count, second.count) == (0, 0)
    assert result.exit_code == 1
    told = result.output
    assert f"Mail without a route: smtp://localhost:{first.port}\n  TLS 1.3, certificate" in told
    assert "  takes the login\n  offers mails up to 35 MB, PIPELINING" in told
    assert "Route 'news'" in told
    assert "MAIL_TLS_CA_FILE" in told
    assert "Route 'dev': console:\n  reaches nobody" in told
    assert "check MAIL_USERNAME and MAIL_PASSWORD" in told.replace("\n         ", " ")
    assert "there is no MAIL_DEFAULT_SENDER" in told
    assert not any(secret in told for secret in ("hunter2", "wrong"))


def test_all_is_well() -> None:
    """Exit code 0, and JSON for programs."""
    with SMTPServer() as server:
        config = {"MAIL_URL": server.url, "MAIL_DEFAULT_SENDER": "ann@example.com"}
        assert check(**config).output.endswith("All relays can be used.\n")
        result = check("--json", **config)
    assert result.exit_code == 0
    document = json.loads(result.output)
    assert document["warnings"] == []
    (route,) = document["routes"]
    assert route["relay"] == f"smtp://127.0.0.1:{server.port}"
    assert "PIPELINING" in route["offers"]
    assert (route["tls"], route["good_until"], route["error"]) == ("", None, "")


def test_what_keeps_mail_in_is_told() -> None:
    """For who wonders why nothing comes."""
    told = check(MAIL_URL="memory:", TESTING=True, MAIL_REDIRECT_TO="qa@example.com").output
    assert "nothing is sent: MAIL_SUPPRESS_SEND or TESTING is set" in told
    assert "mail is staged" in told


def test_what_cannot_be_asked_is_told() -> None:
    """Each member of a group, and routes that are not known yet; no outbox is made for it."""
    with SMTPServer() as server:
        url = f"failover({server.url} memory: python:tests.transports.test_url:Pigeon)"
        told = check(MAIL_URL=url, MAIL_ROUTES=lambda name: None).output
    assert "Mail without a route: memory:\n  reaches nobody" in told
    assert "Mail without a route: pigeon\n  cannot be asked" in told
    assert "MAIL_ROUTES is a callable" in told


@pytest.mark.parametrize(
    ("probe", "warning"),
    [
        (Probe("smtp://a:25", loopback=False), "mail can be read on the way: set MAIL_USE_TLS"),
        (Probe("smtp://a:25", tls="TLSv1.3", good_until=9 * 86400.0), "ends in 9 days"),
        (Probe("smtp://a:25", tls="TLSv1.3", good_until=-1.0), "ends in 0 days"),
        (Probe("smtp://a:25", loopback=False, offers={"AUTH": "PLAIN"}), "set MAIL_USERNAME"),
        (Probe("smtp://a:25", loopback=False), "four round trips"),
    ],
)
def test_warnings(probe: Probe, warning: str) -> None:
    """Each with what to do."""
    assert any(warning in told for told in judged("", probe, 0.0).warnings)


def test_an_outbox_that_cannot_be_used(tmp_path: Path) -> None:
    """It would be told with the first mail else."""
    (tmp_path / "outbox.sqlite").mkdir()
    url = f"sqlite:///{tmp_path}/outbox.sqlite"
    assert "the outbox cannot be used" in check(MAIL_URL="memory:", MAIL_OUTBOX_URL=url).output


def test_what_keeps_a_list_from_its_readers() -> None:
    """Where an app listens for who leaves, it sends mail that can be left."""

    def said(**config: Any) -> str:
        app = Flask("flasky")
        app.config.update(MAIL_URL="memory:", MAIL_ENGINE="threads", **config)
        Mail(app).on_unsubscribe(lambda app, address, name: None)
        output: str = app.test_cli_runner().invoke(args=["mail", "check"]).output
        return " ".join(output.split())

    assert "Warning: mail of a list cannot be sent from here: the link" in said()
    assert "set MAIL_BASE_URL=https://..." in said(SECRET_KEY="s")
    assert "must be https" in said(SECRET_KEY="s", MAIL_BASE_URL="http://sub.example")
    assert "list" not in said(SECRET_KEY="s", MAIL_BASE_URL="https://sub.example")
