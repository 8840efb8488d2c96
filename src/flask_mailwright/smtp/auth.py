"""Logging in with PLAIN (RFC 4616), LOGIN (RFC 4954), XOAUTH2 or OAUTHBEARER (RFC 7628)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TypeAlias

from ..secret import Veiled, disguises
from . import bearer
from .capabilities import Capabilities
from .failure import Failure, closing, misfit, out_of_turn, refused
from .relay import Relay
from .replies import RelayReply
from .step import Dialogue, Step

_LONGEST = 500
"""Octets of a command line that every relay takes (RFC 5321 §4.5.3.1.4)."""


def authenticate(relay: Relay, offer: Capabilities) -> Dialogue[None]:
    """Log in with the first of our mechanisms that the relay offers."""
    if not relay.private:
        raise Failure("would get the password without TLS", "auth", "configuration", _OPEN)
    if relay.tokens is not None:
        yield from bearer.log_in(relay, relay.tokens, offer)
        return
    for name, mechanism in _MECHANISMS.items():
        if name in offer.auth:
            reply = yield from mechanism(relay)
            return _judge(reply, relay)
    raise Failure(_offers(offer), "auth", "configuration", _NO_MECHANISM)


def credentials(relay: Relay) -> tuple[str, ...]:
    """Every form in which the password crosses the wire, or may come back."""
    forms = bearer.forms(relay, relay.tokens) if relay.tokens else ()
    password = relay.password.reveal() if relay.password else ""
    if not password:
        return forms
    crossing = (_coded(password), _coded(f"\0{relay.username}\0{password}"))
    return (*forms, *crossing, *disguises(password))


def _plain(relay: Relay) -> Dialogue[RelayReply]:
    response = _veiled(f"\0{relay.username}\0{_password(relay)}")
    if len(response) < _LONGEST:
        return (yield from _say("AUTH PLAIN ", response))
    reply = yield from _say("AUTH PLAIN")
    return (yield from _say("", response)) if reply.category == 3 else reply


def _login(relay: Relay) -> Dialogue[RelayReply]:
    reply = yield from _say("AUTH LOGIN", shown="AUTH LOGIN ***")
    for answer in (_veiled(relay.username), _veiled(_password(relay))):
        if reply.category != 3:
            break
        reply = yield from _say("", answer)
    return reply


Mechanism: TypeAlias = Callable[[Relay], Dialogue[RelayReply]]
_MECHANISMS: dict[str, Mechanism] = {"PLAIN": _plain, "LOGIN": _login}


def _say(words: str, secret: bytes = b"", shown: str = "") -> Dialogue[RelayReply]:
    line = Veiled(words.encode("ascii") + secret + b"\r\n")
    shown = shown or (f"{words}***" if secret else words)
    (reply,) = yield Step(line, 1, "auth", shown=shown)
    return reply


def _judge(reply: RelayReply, relay: Relay) -> None:
    if reply.code == 421:
        raise closing(reply, "auth")
    if reply.category == 5:
        raise misfit(reply, "auth", _advice(relay, reply))
    if reply.category == 4:
        raise refused(reply, "auth")
    if reply.category == 3:
        raise out_of_turn(reply, "auth")


def _advice(relay: Relay, reply: RelayReply) -> str:
    host = relay.host.lower()
    if host.endswith((".gmail.com", ".googlemail.com")):
        return _GMAIL
    if host.endswith((".office365.com", ".outlook.com")):
        return _MICROSOFT
    return _REFUSED if reply.code == 535 else _UNFIT


def _veiled(text: str) -> Veiled:
    return Veiled(_coded(text).encode("ascii"))


def _offers(offer: Capabilities) -> str:
    return f"offers AUTH {' '.join(offer.auth)} only" if offer.auth else "does not offer AUTH"


def _password(relay: Relay) -> str:
    return relay.password.reveal() if relay.password else ""


def _coded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


_OPEN = (
    "No byte of it was sent. Use STARTTLS (MAIL_USE_TLS, smtp://) or TLS (MAIL_USE_SSL, smtps://);"
    " ?auth=plaintext in MAIL_URL if it must be."
)
_REFUSED = "User or password was refused: check MAIL_USERNAME and MAIL_PASSWORD (or MAIL_URL)."
_UNFIT = "It does not let us log in like this: check MAIL_USERNAME, MAIL_PASSWORD and TLS."
_GMAIL = (
    "Gmail takes an app password here, not the account's own: make one for MAIL_PASSWORD,\n"
    "or leave that out and set MAIL_OAUTH2_TOKEN."
)
_MICROSOFT = (
    "Microsoft has ended logins with a password (basic AUTH): leave MAIL_PASSWORD out and set\n"
    "MAIL_OAUTH2_TOKEN, with the scope https://outlook.office.com/SMTP.Send."
)
_NO_MECHANISM = (
    "We know PLAIN and LOGIN. Some relays offer AUTH only after TLS (MAIL_USE_TLS), some need\n"
    "no login: then leave MAIL_USERNAME unset."
)
