"""From the banner to the first MAIL: EHLO, STARTTLS (RFC 3207), AUTH."""

from __future__ import annotations

from .auth import authenticate
from .capabilities import Capabilities
from .failure import Failure, misfit, refused
from .relay import Relay
from .step import Dialogue, Handshake, Step, ask


def establish(relay: Relay, hello: str) -> Dialogue[Capabilities]:
    """Greet as `hello`, secure the talk, log in; what the relay offers in the end is returned."""
    if relay.tls == "implicit":
        yield Handshake()
    yield from _banner()
    offer = yield from _greet(hello)
    if relay.tls == "starttls":
        yield from _secure(offer)
        offer = yield from _greet(hello)
    if relay.username:
        yield from authenticate(relay, offer)
    return offer


def part() -> Dialogue[None]:
    """Say goodbye; the answer changes nothing."""
    yield Step(b"QUIT\r\n", 1, "quit", "quit")


def _banner() -> Dialogue[None]:
    reply = yield from ask(b"", "banner", 2)
    if reply.category != 2:
        raise refused(reply, "banner")


def _greet(hello: str) -> Dialogue[Capabilities]:
    """EHLO, or HELO for a relay that does not know it (RFC 5321 §3.2)."""
    reply = yield from ask(f"EHLO {hello}\r\n".encode("ascii"), "ehlo", 2)
    if reply.category == 2:
        return Capabilities.read(reply)
    if reply.category == 5:
        reply = yield from ask(f"HELO {hello}\r\n".encode("ascii"), "ehlo", 2)
    if reply.category != 2:
        raise refused(reply, "ehlo")
    return Capabilities()


def _secure(offer: Capabilities) -> Dialogue[None]:
    if "STARTTLS" not in offer:
        raise Failure("does not offer STARTTLS", "starttls", "configuration", _NOT_OFFERED)
    reply = yield from ask(b"STARTTLS\r\n", "starttls", 2)
    if reply.category == 5:
        raise misfit(reply, "starttls", _NOT_OFFERED)
    if reply.category != 2:
        raise refused(reply, "starttls")
    yield Handshake()


_NOT_OFFERED = (
    "TLS is required here. Try TLS from the first byte (port 465: MAIL_USE_SSL or smtps://), or\n"
    "say MAIL_USE_TLS=False or ?tls=none in MAIL_URL if mail and password may be read on the way."
)
