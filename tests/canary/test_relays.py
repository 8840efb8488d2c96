"""A run that fails at its relays, in 10,000 lines of log and every error, betrays nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from itertools import cycle
from typing import Any, cast

import pytest

from flask_mailwright import MailError
from flask_mailwright.testing import SMTPServer
from flask_mailwright.testing.faults import Stage
from flask_mailwright.world import World, dial
from tests.canary.forms import based
from tests.canary.noise import Noise
from tests.canary.planted import IN_URL, PASSWORD, PLANTED
from tests.canary.relays import (
    ROUTES,
    answer,
    by_keys,
    config_for,
    garbage,
    message,
    opened,
    repeated,
)

LINES = 10_000
STAGES: tuple[Stage, ...] = (
    "banner",
    "ehlo",
    "auth",
    "mail",
    "rcpt",
    "data",
    "bdat",
    "body",
    "final_dot",
)
WAYS = ("450 4.2.0 later", "550 5.7.1 never", "drop", "reset", "stall", "garbage", "endless-line")


@pytest.fixture
def server() -> Iterable[SMTPServer]:
    """One that offers logins and takes none."""
    mechanisms = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")
    with SMTPServer(users={"nobody": "x"}, auth_mechanisms=mechanisms) as made:
        yield made


def _send(
    noise: Noise, server: SMTPServer, routes: Iterable[str] = ("",), **config: object
) -> None:
    """By a fresh app, for one that has met with failures lets its relay rest."""
    with opened(config_for(server, **config)) as (_, mail):
        for route in routes:
            try:
                noise.show_things(mail.send(message(route)))
            except MailError as error:
                noise.show_things(error)
            noise.show_things(mail.send_later(message(route)).wait(5))


@pytest.mark.parametrize("code", [535, 454, 421, 334, 235])
@pytest.mark.parametrize("route", ["", *ROUTES])
def test_a_relay_that_repeats_a_login(server: SMTPServer, route: str, code: int) -> None:
    """In each form, and whatever it answers."""
    server.fault("auth", answer({"": IN_URL, **ROUTES}[route], code), times=None)
    with Noise(PLANTED) as noise:
        _send(noise, server, [route])
    assert noise.betrayals() == []


def test_a_relay_that_repeats_the_password_of_a_key(server: SMTPServer) -> None:
    """In each form."""
    server.fault("auth", answer(PASSWORD, 535), times=None)
    with Noise(PLANTED) as noise:
        _send(noise, server, **by_keys(server))
    assert noise.betrayals() == []


@pytest.mark.parametrize("route", ["", *ROUTES])
def test_a_relay_that_speaks_no_smtp(server: SMTPServer, route: str) -> None:
    """And says what it was told."""
    with Noise(PLANTED) as noise:
        for each in garbage({"": IN_URL, **ROUTES}[route]):
            server.fault("auth", each, times=None)
            _send(noise, server, [route])
            server.clear_faults()
    assert noise.betrayals() == []


def test_ten_thousand_lines(server: SMTPServer, capfd: pytest.CaptureFixture[str]) -> None:
    """Of relays that refuse, break off, stall, or have no TLS, at each stage, and of good ones."""
    engines = cycle(("inline", "threads"))
    with Noise(PLANTED) as noise:
        for stage in STAGES:
            for way in WAYS:
                server.fault(stage, way, times=None)
                server.fault("auth", "235 2.7.0 welcome", times=None)
                _send(noise, server, ["", "token"], MAIL_ENGINE=next(engines))
                server.clear_faults()
        _send_without_tls(noise, server)
        _send_until(noise, server, LINES)
        noise.show(*capfd.readouterr())
    assert noise.lines >= LINES
    assert noise.betrayals() == []


def _send_without_tls(noise: Noise, server: SMTPServer) -> None:
    """It offers none, and then refuses it."""
    url = config_for(server)["MAIL_URL"]
    for each in (f"{url}?tls=starttls", url.replace("smtp:", "smtps:")):
        _send(noise, server, MAIL_URL=each)
    _send(noise, server, **by_keys(server), MAIL_USE_TLS=True)


def _send_until(noise: Noise, server: SMTPServer, lines: int) -> None:
    """Mails that arrive are told of too; the relay repeats the login meanwhile."""
    server.fault("auth", "235 2.7.0 welcome, " + repeated(IN_URL)[0], times=None)
    server.fault("final_dot", "250 2.0.0 for " + repeated(IN_URL)[-3], times=None, accept=True)
    with opened(config_for(server)) as (_, mail):
        while noise.lines < lines:
            for receipt in mail.send_many(message(number=number) for number in range(50)):
                noise.show(repr(receipt))


TELLING = (b"AUTH PLAIN", b"AUTH XOAUTH2", b"AUTH OAUTHBEARER", based(IN_URL.octets, 0).encode())


class Snapping:
    """A socket on which a login is broken off from outside, as by a signal or a time limit."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, data: bytes) -> int:
        """What is no part of a login."""
        if bytes(data).startswith(TELLING):
            raise RuntimeError("the time is over")
        return self._inner.send(data)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"])
def test_a_login_that_is_broken_off_from_outside(mechanism: str) -> None:
    """The log has a traceback through every frame that had the login in hand."""
    world = World(connect=lambda *where: cast("socket.socket", Snapping(dial(*where))))
    with (
        SMTPServer(users={"nobody": "x"}, auth_mechanisms=[mechanism]) as server,
        Noise(PLANTED) as noise,
        opened(config_for(server), world=world) as (_, mail),
    ):
        by_password = mechanism in ("PLAIN", "LOGIN")
        receipt = mail.send_later(message("" if by_password else "token")).wait(5)
        assert isinstance(receipt.error and receipt.error.__cause__, RuntimeError)
        noise.show_things(receipt)
    assert any("mechanism" in text or "relay=" in text for text in noise.variables)
    assert noise.betrayals() == []
