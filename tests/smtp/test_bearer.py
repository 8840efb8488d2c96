"""Logging in with access tokens: over real sockets, to a server that knows which are good."""

from __future__ import annotations

import base64
import json
import logging
import os
import socket
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import current_app

from flask_mailwright import ConfigError, DeliveryError, MailError, Message
from flask_mailwright.smtp.tokens import Tokens
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, make_mail
from tests.smtp.oauth_server import TokenServer

USER = "shop@example.com"


class Asked:
    """An object that can be called."""

    def __call__(self, user: str) -> str:
        return user


OLD, NEW = "ya29.old-and-stale", "ya29.new-and-fresh"


def the_server(users: dict[str, str], *mechanisms: str) -> SMTPServer:
    """One that wants a token."""
    return SMTPServer(
        users=users, require_auth=True, auth_mechanisms=mechanisms or ("XOAUTH2", "LOGIN")
    )


def the_account(endpoint: TokenServer, **more: str) -> dict[str, str]:
    """Of a person at the provider."""
    return {
        "token_url": endpoint.url,
        "client_id": "the-client",
        "client_secret": "the-client's-secret",
        "refresh_token": "the-refresh-token",
        **more,
    }


def the_mail(server: SMTPServer, token: Any, **config: Any) -> Any:
    """Of an app that logs in with it."""
    url = server.url.replace("//", f"//{USER.replace('@', '%40')}@")
    app, mail = make_mail(MAIL_URL=url, MAIL_OAUTH2_TOKEN=token, **config)
    mail.app = app  # type: ignore[attr-defined] # held as long as the mail is
    return mail


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_that_is_refused_is_renewed_once(
    mechanism: str, caplog: pytest.LogCaptureFixture
) -> None:
    """For all connections together; every mail arrives, and no log line holds a token."""
    with TokenServer(OLD, NEW) as endpoint, the_server({USER: OLD}, mechanism) as server:
        users = server._policy.users
        assert isinstance(users, dict)
        mail = the_mail(server, the_account(endpoint), MAIL_DEBUG=True)
        with caplog.at_level(logging.DEBUG):
            mail.send(Message("1", [ANN], "Hello"))
            mail.close()
            users[USER] = NEW
            receipts = list(mail.send_many(Message("2", [ANN], "Hello") for _ in range(50)))
        assert all(receipt.relayed for receipt in receipts)
        assert server.count == 51
        assert len(endpoint.forms) == 2
        mail.close()
    assert endpoint.forms[0] == {
        "grant_type": "refresh_token",
        "client_id": "the-client",
        "client_secret": "the-client's-secret",
        "refresh_token": "the-refresh-token",
    }
    assert f"AUTH {mechanism} ***" in caplog.text
    for secret in (OLD, NEW, "the-client's-secret", "the-refresh-token"):
        assert secret not in caplog.text
        assert base64.b64encode(secret.encode()).decode().rstrip("=") not in caplog.text


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_that_is_refused_twice(mechanism: str) -> None:
    """The relay's JSON is told in words, with the setting; in three lines, without the token."""
    with TokenServer(OLD, NEW) as endpoint, the_server({USER: "other"}, mechanism) as server:
        with pytest.raises(DeliveryError) as caught:
            the_mail(server, the_account(endpoint)).send(Message("1", [ANN], "Hello"))
        assert len(endpoint.forms) == 2
    told = str(caught.value)
    assert (caught.value.kind, caught.value.stage) == ("configuration", "auth")
    assert "status 401" in told
    assert "MAIL_OAUTH2_TOKEN" in told
    assert len(told.splitlines()) <= 3
    assert OLD not in told
    assert NEW not in told


def test_a_callable_of_ones_own() -> None:
    """It is asked with the user if it takes one, and not again for each mail."""
    asked: list[str] = []

    def token(user: str) -> str:
        asked.append(user)
        return NEW

    with the_server({USER: NEW}) as server:
        mail = the_mail(server, token)
        for _ in range(3):
            mail.send(Message("1", [ANN], "Hello"))
            mail.close()
        assert server.count == 3
        assert {login.username for login in server.logins} == {USER}
        the_mail(server, lambda: (NEW, 3600)).send(Message("2", [ANN], "Hello"))
    assert asked == [USER]


@pytest.mark.parametrize(
    "ask",
    [
        lambda user: user,
        lambda user=None: user,
        lambda *users: users[0],
        lambda *, user: user,
        lambda scope="x": USER,
        partial(lambda scope, user: user, "x"),
        Asked(),
    ],
)
def test_a_callable_is_given_the_user_if_it_takes_him(ask: Any) -> None:
    """However it is written."""
    with the_server({USER: USER}) as server:
        the_mail(server, ask).send(Message("1", [ANN], "Hello"))
        assert server.count == 1


def test_a_callable_may_ask_the_app(tmp_path: Path) -> None:
    """Also where mail is delivered in a thread."""
    with the_server({USER: NEW}) as server:
        config = {"MAIL_ENGINE": "outbox", "MAIL_OUTBOX_URL": f"sqlite:///{tmp_path}/o.sqlite"}
        mail = the_mail(server, lambda: current_app.config["THE_TOKEN"], THE_TOKEN=NEW, **config)
        assert mail.send_later(Message("1", [ANN], "Hello")).wait(10).relayed
        mail.close()


def test_an_early_renewal_that_fails_leaves_the_old_token() -> None:
    """As long as that is good."""
    now, answers = 0.0, [("t1", 3600), None, ("t2", 3600)]
    tokens = Tokens(lambda user: lambda: answers.pop(0), lambda: now)
    assert tokens.current().reveal() == "t1"
    now = 3400
    assert tokens.current().reveal() == "t1"
    assert tokens.current().reveal() == "t1"
    now = 3440
    assert tokens.current().reveal() == "t2"
    assert answers == []


def test_a_fork_while_a_token_is_fetched() -> None:
    """The child fetches its own."""
    began, go_on = threading.Event(), threading.Event()

    def fetch() -> str:
        began.set()
        go_on.wait(10)
        return NEW

    tokens = Tokens(lambda user: fetch, lambda: 0.0)
    thread = threading.Thread(target=tokens.current)
    thread.start()
    began.wait(10)
    child = os.fork()
    if child == 0:
        go_on.set()
        os._exit(0 if tokens.current().reveal() == NEW else 1)
    go_on.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_relay_that_repeats_the_token(caplog: pytest.LogCaptureFixture) -> None:
    """Whole, in its JSON, or cut off: it is in no error and in no log."""
    for_json = {"status": "400", "scope": NEW}
    challenge = base64.b64encode(json.dumps(for_json).encode()).decode()
    response = base64.b64encode(f"user={USER}\x01auth=Bearer {NEW}\x01\x01".encode()).decode()
    for answer in (f"334 {challenge}", f"535 5.7.8 bad: AUTH XOAUTH2 {response[:60]}..."):
        with the_server({USER: "other"}) as server, caplog.at_level(logging.DEBUG):
            server.fault("auth", answer, times=None)
            with pytest.raises(DeliveryError) as caught:
                the_mail(server, lambda: NEW, MAIL_DEBUG=True).send(Message("1", [ANN], "Hello"))
        for text in (str(caught.value), caplog.text):
            assert NEW not in text
            assert response[:40] not in text
            assert challenge not in text


def test_an_endpoint_that_trickles(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for no longer than a silent one."""
    monkeypatch.setattr("flask_mailwright.smtp.grant.SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def trickle() -> None:
            talk, _ = listener.accept()
            with talk, suppress(OSError):
                talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
                while not stop.wait(0.1):
                    talk.sendall(b" ")

        thread = threading.Thread(target=trickle)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        account = {"token_url": url, "client_id": "a", "client_secret": "b"}
        with the_server({USER: NEW}) as server, pytest.raises(DeliveryError) as caught:
            the_mail(server, account).send(Message("1", [ANN], "Hello"))
        stop.set()
        thread.join()
    assert "does not answer in time" in str(caught.value)


def test_two_routes_of_one_account() -> None:
    """Its refresh token changes for both."""
    with TokenServer(NEW) as endpoint, the_server({USER: NEW}) as server:
        endpoint.more = {"refresh_token": "the-next-one"}
        url = server.url.replace("//", f"//{USER.replace('@', '%40')}@")
        mail = the_mail(server, the_account(endpoint), MAIL_ROUTES={"news": url})
        for route in "", "news":
            message = Message("1", [ANN], "Hello")
            message.route = route
            mail.send(message)
    assert [form["refresh_token"] for form in endpoint.forms] == [
        "the-refresh-token",
        "the-next-one",
    ]


def test_a_token_that_runs_out_is_renewed_early() -> None:
    """Five minutes before its end, or when a tenth of its life is left."""
    now, count = 0.0, 0

    def fetch() -> tuple[str, int]:
        nonlocal count
        count += 1
        return f"t{count}", 3600

    tokens = Tokens(lambda user: fetch, lambda: now)
    assert tokens.current().reveal() == "t1"
    now = 3299
    assert tokens.current().reveal() == "t1"
    now = 3301
    assert tokens.current().reveal() == "t2"
    assert tokens.renewed(tokens.current()).reveal() == "t3"


def broken() -> str:
    """It has a secret."""
    raise KeyError(NEW)


@pytest.mark.parametrize(
    ("token", "kind", "told"),
    [
        (broken, "temporary", "its callable raised KeyError"),
        (lambda: None, "configuration", "what its callable returns is no token"),
        (lambda: "a\nb", "configuration", "what its callable returns is no token"),
        ("tests.smtp.test_bearer:broken", "temporary", "its callable raised KeyError"),
    ],
)
def test_a_callable_that_fails(token: Any, kind: str, told: str) -> None:
    """Nothing is said to the relay, and the secret stays where it is."""
    with the_server({USER: NEW}) as server:
        with pytest.raises(MailError) as caught:
            the_mail(server, token).send(Message("1", [ANN], "Hello"))
        assert server.logins == []
    assert caught.value.kind == kind
    assert told in str(caught.value)
    assert NEW not in f"{caught.value!s}{caught.value!r}"


@pytest.mark.parametrize(
    ("refusal", "kind", "told"),
    [
        ((400, {"error": "invalid_grant"}), "configuration", "(HTTP 400, invalid_grant)"),
        ((503, "no JSON object"), "temporary", "(HTTP 503)"),
        ((429, {}), "temporary", "(HTTP 429)"),
        ((200, {"token": NEW}), "configuration", "has no access_token"),
        ((200, {}), "temporary", "has no access_token"),
        ((408, {}), "temporary", "(HTTP 408)"),
        ((400, {"error": "temporarily_unavailable"}), "temporary", "temporarily_unavailable"),
        ((401, {"error": "the-refresh-token <b>"}), "configuration", "(HTTP 401)"),
    ],
)
def test_an_endpoint_that_refuses(refusal: tuple[int, Any], kind: str, told: str) -> None:
    """Temporary if it says so."""
    with TokenServer(NEW) as endpoint, the_server({USER: NEW}) as server:
        endpoint.refusal = refusal
        with pytest.raises(DeliveryError) as caught:
            the_mail(server, the_account(endpoint)).send(Message("1", [ANN], "Hello"))
    assert caught.value.kind == kind
    assert told in str(caught.value)
    assert "the-refresh-token" not in str(caught.value)


def test_an_endpoint_that_is_away() -> None:
    """It may come back."""
    with the_server({USER: NEW}) as server:
        account = {"token_url": "http://127.0.0.1:1/", "client_id": "a", "client_secret": "b"}
        with pytest.raises(DeliveryError, match="the token endpoint cannot be reached") as caught:
            the_mail(server, account).send(Message("1", [ANN], "Hello"))
    assert caught.value.kind == "temporary"


def test_a_refresh_token_that_is_replaced() -> None:
    """The next request has the new one; a client's own account has none."""
    with TokenServer(OLD, NEW) as endpoint, the_server({USER: NEW}) as server:
        endpoint.more = {"refresh_token": "the-next-one"}
        the_mail(server, the_account(endpoint)).send(Message("1", [ANN], "Hello"))
        account = the_account(endpoint, scope="mail")
        del account["refresh_token"]
        the_mail(server, account).send(Message("1", [ANN], "Hello"))
    assert [form.get("refresh_token") for form in endpoint.forms[:2]] == [
        "the-refresh-token",
        "the-next-one",
    ]
    assert endpoint.forms[2]["grant_type"] == "client_credentials"
    assert endpoint.forms[2]["scope"] == "mail"


def test_a_relay_without_such_mechanisms() -> None:
    """It is told what it offers."""
    with the_server({USER: NEW}, "LOGIN") as server, pytest.raises(DeliveryError) as caught:
        the_mail(server, lambda: NEW).send(Message("1", [ANN], "Hello"))
    assert "offers AUTH LOGIN only" in str(caught.value)
    assert "MAIL_OAUTH2_TOKEN" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        7,
        {"token_url": "https://example.com/token"},
        {"token_url": "https://example.com/token", "client_id": "a"},
        {"token_url": "http://example.com/", "client_id": "a", "client_secret": "hunter2"},
        {"token_url": "https://example.com/", "client_id": "a", "secret": "hunter2"},
        '{"token_url": ',
        "no.such.module:token",
    ],
)
def test_settings_that_give_no_tokens(value: Any) -> None:
    """They are told at once, by key and never by value."""
    with pytest.raises(ConfigError, match="MAIL_OAUTH2_TOKEN") as caught:
        make_mail(MAIL_URL="smtp://u@127.0.0.1", MAIL_OAUTH2_TOKEN=value)
    assert "hunter2" not in str(caught.value)


def test_a_password_is_used_where_there_is_one() -> None:
    """Another relay may want one; and MAIL_USERNAME alone works with tokens."""
    with the_server({USER: "secret"}, "PLAIN") as server:
        app, mail = make_mail(
            MAIL_SERVER=server.host,
            MAIL_PORT=server.port,
            MAIL_USERNAME=USER,
            MAIL_PASSWORD="secret",
            MAIL_OAUTH2_TOKEN=lambda: NEW,
        )
        mail.send(Message("1", [ANN], "Hello"))
        assert app.extensions["mail"] is mail
    with the_server({USER: NEW}) as server:
        app, mail = make_mail(
            MAIL_SERVER=server.host,
            MAIL_PORT=server.port,
            MAIL_USERNAME=USER,
            MAIL_OAUTH2_TOKEN=lambda: NEW,
        )
        with app.app_context():
            mail.send(Message("1", [ANN], "Hello"))
        assert server.count == 1
