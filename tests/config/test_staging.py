"""MAIL_ALLOWED_RECIPIENTS and MAIL_REDIRECT_TO: how they are written, and what is said of them."""

import logging
from typing import Any

import pytest
from flask import Flask

from flask_mailwright import ConfigError
from flask_mailwright.config import read
from flask_mailwright.staging import Staging
from flask_mailwright.staging.allowlist import Allowlist
from flask_mailwright.world import World

ALLOWED, REDIRECT = "MAIL_ALLOWED_RECIPIENTS", "MAIL_REDIRECT_TO"


def staging(**values: Any) -> Staging | None:
    """What these keys come to."""
    return read(values, World()).staging


def fault(**values: Any) -> str:
    """What is said about these keys."""
    with pytest.raises(ConfigError) as caught:
        read(values, World())
    (found,) = caught.value.faults
    return found


def test_without_a_key_there_is_no_staging(caplog: pytest.LogCaptureFixture) -> None:
    """And not a word about it."""
    assert staging() is None
    assert staging(**{ALLOWED: None, REDIRECT: None}) is None
    assert caplog.messages == []


@pytest.mark.parametrize(
    "value",
    [
        "ann@example.org, *.example.com",
        " ann@example.org,*.example.com, ",
        '["ann@example.org", "*.example.com"]',
        ["ann@example.org", "*.example.com"],
        ("ann@example.org", "*.example.com"),
        {"ann@example.org", "*.example.com"},
    ],
)
def test_a_list_may_be_written_in_many_ways(value: object) -> None:
    """As environments and Python write lists."""
    expected = Allowlist(frozenset(["ann@example.org", "*.example.com"]), (".example.com",))
    assert staging(**{ALLOWED: value}) == Staging(expected)


def test_a_redirect_is_one_address_or_several() -> None:
    """As the envelope has them, each once; a name beside an address is not needed."""
    nobody = Allowlist(frozenset())
    assert staging(**{REDIRECT: "qa@example.org"}) == Staging(nobody, ("qa@example.org",))
    both = ["QA <qa@bücher.example>", "ops@example.org", "ops@example.org"]
    assert staging(**{REDIRECT: both}) == Staging(
        nobody, ("qa@xn--bcher-kva.example", "ops@example.org")
    )


def test_an_environment_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from_prefixed_env` makes a list of what is JSON."""
    monkeypatch.setenv(f"FLASK_{ALLOWED}", '["example.org"]')
    monkeypatch.setenv(f"FLASK_{REDIRECT}", "qa@example.org,ops@example.org")
    app = Flask("flasky")
    app.config.from_prefixed_env()
    assert staging(**app.config) == Staging(
        Allowlist(frozenset(["@example.org"])), ("qa@example.org", "ops@example.org")
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({ALLOWED: ""}, ALLOWED),
        ({REDIRECT: ""}, REDIRECT),
        ({REDIRECT: "", ALLOWED: ""}, f"{ALLOWED} and {REDIRECT}"),
    ],
)
def test_an_empty_variable_is_told(
    values: dict[str, str], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It counts as not set, and may be all that was to keep mail from customers: one WARNING."""
    assert staging(**values) is None
    ((_, level, message),) = caplog.record_tuples
    assert level == logging.WARNING
    assert message == f"{told} is empty, which is as if it were not set: fill it or unset it"


EMPTY_LIST = "name whom mail may reach, or unset it; MAIL_SUPPRESS_SEND=true lets it reach nobody"
EMPTY_REDIRECT = (
    "name an address, or unset it; MAIL_ALLOWED_RECIPIENTS alone lets mail reach nobody else"
)


@pytest.mark.parametrize("value", [[], (), set(), "[]", ",", "  "])
def test_an_empty_list_is_refused(value: object) -> None:
    """Nobody, or everybody? The ways to say either are told."""
    assert fault(**{ALLOWED: value}) == f"{ALLOWED} is an empty list: {EMPTY_LIST}"
    assert fault(**{REDIRECT: value}) == f"{REDIRECT} is an empty list: {EMPTY_REDIRECT}"


@pytest.mark.parametrize("key", [ALLOWED, REDIRECT])
@pytest.mark.parametrize("value", [5, True, {"a@b.test": 1}, b"a@b.test", "[", '["a@b.test"'])
def test_what_is_no_list_is_refused(key: str, value: object) -> None:
    """Half a list of JSON is none either."""
    assert fault(**{key: value}) == f"{key} must be a comma list, a list, or JSON of one"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (ALLOWED, "a@b.test, hunter2", "has an entry, number 2, that is none of ann@example.org"),
        (ALLOWED, ["*"], "has an entry, number 1, that is none of ann@example.org"),
        (ALLOWED, [5], "has an entry, number 1, that is none of ann@example.org"),
        (REDIRECT, "hunter2", "must be an address, or a list of addresses"),
        (REDIRECT, "b.test", "must be an address, or a list of addresses"),
        (REDIRECT, ["qa@b.test", 5], "must be an address, or a list of addresses"),
    ],
)
def test_a_wrong_entry_is_told_by_its_key(key: str, value: object, told: str) -> None:
    """Never by its value, which may be a secret that was put there by mistake."""
    found = fault(**{key: value})
    assert found.startswith(f"{key} {told}")
    assert "hunter2" not in found
