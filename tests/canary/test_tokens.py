"""Where access tokens come from: what an endpoint or a callable says betrays no secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_mailwright import MailError
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.failure import Failure
from flask_mailwright.smtp.grant import Account, Grant
from flask_mailwright.smtp.tokens import Tokens
from flask_mailwright.testing import SMTPServer
from tests.canary.forms import canary
from tests.canary.noise import Noise
from tests.canary.planted import CLIENT, PLANTED, REFRESH, TOKEN
from tests.canary.relays import config_for, message, opened, repeated
from tests.smtp.oauth_server import TokenServer

WORD = canary("client_secret that is a word", "Qz5Lw8Gc3Vt6Bn1Rk9Jd4Fy7Mz")
REFUSALS: list[tuple[int, Any]] = [
    (400, {"error": "invalid_grant", "error_description": " ".join(repeated(REFRESH))}),
    (401, {"error": CLIENT.text}),
    (401, {"error": WORD.text}),
    (503, repeated(CLIENT)),
    (200, {"token": TOKEN.text}),
    (200, {"access_token": f"{TOKEN.text}\n"}),
]


def account(url: str) -> dict[str, str]:
    """Of an app, with all secrets that it may have."""
    secrets = {"client_secret": CLIENT.text + WORD.text, "refresh_token": REFRESH.text}
    return {"token_url": url, "client_id": "shop", **secrets}


def granting(url: str) -> Grant:
    """The same, ready to be asked."""
    secret, refresh = Secret(CLIENT.text + WORD.text), Secret(REFRESH.text)
    return Grant(Account(url, "shop", secret, refresh))


@pytest.mark.parametrize("refusal", REFUSALS)
def test_an_endpoint_that_repeats_what_it_was_told(refusal: tuple[int, Any]) -> None:
    """In an error, in its chain and in the variables of its frames."""
    with TokenServer("unused") as endpoint, Noise([*PLANTED, WORD]) as noise:
        endpoint.refusal = refusal
        grant = granting(endpoint.url)
        for ask in (grant, Tokens(lambda user: grant, lambda: 0.0).current):
            _told(ask, noise)
    assert noise.betrayals() == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost:port/", "https://[::1]:1/"]
)
def test_an_endpoint_that_is_away(url: str) -> None:
    """By a mail that needs it."""
    with (
        SMTPServer(users={"nobody": "x"}, auth_mechanisms=["XOAUTH2"]) as server,
        Noise(PLANTED) as noise,
        opened(config_for(server, MAIL_OAUTH2_TOKEN=account(url))) as (_, mail),
    ):
        noise.show_things(mail.send_later(message("token")).wait(5))
    assert noise.betrayals() == []


def _told(ask: Callable[[], object], noise: Noise) -> None:
    try:
        ask()
    except (Failure, MailError) as error:
        noise.show_things(error)
