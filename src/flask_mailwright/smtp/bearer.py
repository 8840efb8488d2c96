"""Logging in with an access token: OAUTHBEARER (RFC 7628), or Google's and Microsoft's XOAUTH2."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable

from ..secret import Secret, Veiled, disguises
from .capabilities import Capabilities
from .failure import Failure, closing, misfit, out_of_turn, refused
from .relay import Relay
from .replies import RelayReply, scrubbed, shorten
from .step import Dialogue, Step
from .tokens import Tokens


def log_in(relay: Relay, tokens: Tokens, offer: Capabilities) -> Dialogue[None]:
    """A token that is refused may have run out: it is renewed, once."""
    mechanism = next((name for name in _RESPONSES if name in offer.auth), None)
    if mechanism is None:
        raise Failure(_offers(offer), "auth", "configuration", _NO_MECHANISM)
    token = tokens.current()
    reply, _ = yield from _present(mechanism, relay, token)
    if _is_refused(reply):
        token = tokens.renewed(token)
        reply, why = yield from _present(mechanism, relay, token)
        if _is_refused(reply):
            why = scrubbed(why, forms(relay, tokens))
            raise misfit(reply, "auth", f"{why}The token was renewed and refused too. {_REFUSED}")
    _judge(reply)


def forms(relay: Relay, tokens: Tokens) -> tuple[str, ...]:
    """Every form in which tokens cross the wire, or may come back."""
    found = list[str]()
    for token in tokens.seen:
        found += [coded(make(relay, token.reveal())) for make in _RESPONSES.values()]
        found += [coded(token.reveal()), *disguises(token.reveal())]
    return tuple(found)


def coded(text: str) -> str:
    """Base64, as AUTH has it."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _present(mechanism: str, relay: Relay, token: Secret) -> Dialogue[tuple[RelayReply, str]]:
    """The relay's answer, and what it told in a challenge before it: the client agrees to fail."""
    response = Veiled(coded(_RESPONSES[mechanism](relay, token.reveal())).encode("ascii"))
    words = f"AUTH {mechanism} "
    reply = yield from _say(Veiled(words.encode("ascii") + response), f"{words}***")
    if reply.category != 3:
        return reply, ""
    why = _told(reply)
    return (yield from _say(_AGREED[mechanism].encode("ascii"), "(agreed)")), why


def _say(line: bytes, shown: str) -> Dialogue[RelayReply]:
    (reply,) = yield Step(Veiled(line + b"\r\n"), 1, "auth", shown=shown)
    return reply


def _told(challenge: RelayReply) -> str:
    """The JSON of a 334 as a sentence (RFC 7628 §3.2.2)."""
    try:
        fault = json.loads(base64.b64decode("".join(challenge.lines), validate=True))
        known = [f"{name} {fault[name]}" for name in ("status", "scope") if fault.get(name)]
    except (binascii.Error, ValueError, AttributeError, RecursionError):
        return ""
    return f"It says {shorten(', '.join(known), 200)}. " if known else ""


def _is_refused(reply: RelayReply) -> bool:
    return reply.category == 5


def _judge(reply: RelayReply) -> None:
    if reply.code == 421:
        raise closing(reply, "auth")
    if reply.category == 4:
        raise refused(reply, "auth")
    if reply.category == 3:
        raise out_of_turn(reply, "auth")


def _offers(offer: Capabilities) -> str:
    return f"offers AUTH {' '.join(offer.auth)} only" if offer.auth else "does not offer AUTH"


def _xoauth2(relay: Relay, token: str) -> str:
    return f"user={relay.username}\x01auth=Bearer {token}\x01\x01"


def _oauthbearer(relay: Relay, token: str) -> str:
    name = relay.username.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},\x01host={relay.host}\x01port={relay.port}\x01auth=Bearer {token}\x01\x01"


_RESPONSES: dict[str, Callable[[Relay, str], str]] = {
    "XOAUTH2": _xoauth2,
    "OAUTHBEARER": _oauthbearer,
}
_AGREED = {"XOAUTH2": "", "OAUTHBEARER": coded("\x01")}
_REFUSED = (
    "Check that MAIL_OAUTH2_TOKEN gives tokens of this user\n"
    "(MAIL_USERNAME) with the scope for SMTP."
)
_NO_MECHANISM = (
    "MAIL_OAUTH2_TOKEN needs XOAUTH2 or OAUTHBEARER, which some relays offer only after TLS\n"
    "(MAIL_USE_TLS)."
)
