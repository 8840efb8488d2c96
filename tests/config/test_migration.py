"""The keys that an app brings from another extension: what each comes to here."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright.config.migration import NOT_OBEYED, OBEYED, Finding, review
from tests.apps import make_mail

SOURCE = Path(__file__).parents[2] / "src" / "flask_mailwright" / "config"


def only(**config: Any) -> Finding:
    """What is said of the one key."""
    (finding,) = review(config)
    return finding


def test_every_key_that_is_read_is_known() -> None:
    """The list is that of the code which reads them."""
    files = [file for file in SOURCE.glob("*.py") if file.stem not in ("migration", "keys")]
    read = {key for file in files for key in re.findall(r'"(MAIL_[A-Z0-9_]+)"', file.read_text())}
    assert set(OBEYED) == read


def test_the_tutorials_configuration() -> None:
    """Its own two keys are renamed, all others count."""
    config = {
        "MAIL_SERVER": "smtp.googlemail.com",
        "MAIL_PORT": 587,
        "MAIL_USE_TLS": True,
        "MAIL_USERNAME": "u",
        "MAIL_PASSWORD": "p",
        "FLASKY_MAIL_SUBJECT_PREFIX": "[Flasky]",
        "FLASKY_MAIL_SENDER": "Flasky Admin <flasky@example.com>",
        "FLASKY_ADMIN": "admin@example.com",
        "SECRET_KEY": "s",
    }
    verdicts = {finding.key: finding.verdict for finding in review(config)}
    assert verdicts.pop("FLASKY_MAIL_SUBJECT_PREFIX") == "renamed"
    assert verdicts.pop("FLASKY_MAIL_SENDER") == "renamed"
    assert verdicts == {key: "obeyed" for key in config if key.startswith("MAIL_")}


@pytest.mark.parametrize(
    ("config", "verdict", "advice"),
    [
        ({"MAIL_SEVER": "x"}, "unknown", "is MAIL_SERVER meant?"),
        ({"MAIL_ADMINS": "x"}, "foreign", "keep it if the app or another extension does"),
        ({"MAIL_SENDER": "x"}, "renamed", "MAIL_DEFAULT_SENDER"),
        ({"DEFAULT_MAIL_SENDER": "x"}, "renamed", "MAIL_DEFAULT_SENDER"),
        ({"MAIL_BACKEND": "console"}, "renamed", 'MAIL_URL="console:"'),
        ({"MAIL_USE_LOCALTIME": True}, "deprecated", "UTC"),
        ({"SUPPRESS_SEND": 1}, "renamed", "MAIL_SUPPRESS_SEND"),
        ({"VALIDATE_CERTS": False}, "deprecated", "MAIL_TLS_CA_FILE"),
        ({"MAIL_SUPPRESS_SEND": False}, "unnecessary", "TESTING"),
        ({"MAIL_ASCII_ATTACHMENTS": "false"}, "unnecessary", "default"),
        ({"MAIL_ASCII_ATTACHMENTS": True}, "unnecessary", "every script"),
        ({"MAIL_MAX_EMAILS": 50}, "unnecessary", "renewed"),
    ],
)
def test_a_key(config: dict[str, Any], verdict: str, advice: str) -> None:
    """What it is, and what to do."""
    finding = only(**config)
    assert finding.verdict == verdict
    assert advice in finding.advice
    assert (finding.verdict in NOT_OBEYED) == (verdict not in ("unnecessary", "foreign"))


def test_what_still_counts() -> None:
    """MAIL_SUPPRESS_SEND where it is not what TESTING says; a key that is None is not set."""
    (suppressed, testing) = ({"MAIL_SUPPRESS_SEND": True}, {"TESTING": True})
    assert only(**suppressed).verdict == "obeyed"
    assert only(**suppressed, **testing).verdict == "unnecessary"
    assert review({"MAIL_SEVER": None, "SECRET_KEY": "x", "SECURITY_MAIL_SENDER": "x"}) == []


@pytest.mark.parametrize(
    ("config", "warned"),
    [
        ({"MAIL_BACKEND": "locmem"}, True),
        ({"MAIL_BACKEND": "flask_mailman.backends.console"}, True),
        ({"MAIL_BACKEND": "smtp"}, False),
        ({"SUPPRESS_SEND": 1}, True),
        ({"SUPPRESS_SEND": 0}, False),
    ],
)
def test_a_key_that_kept_mail_in_elsewhere_warns(
    config: dict[str, Any], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """For here it does not."""
    with caplog.at_level(logging.WARNING):
        make_mail(**config)
    assert ("does not keep mail in" in caplog.text) == warned
