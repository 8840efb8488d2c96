"""What broke, and where, as a failure that says what to do."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from ..errors import Kind
from .failure import Broken, place
from .relay import Relay
from .replies import ProtocolError, shorten


class EndOfTalk(Exception):
    """The relay closed its side."""


class OutOfTurn(Exception):
    """The relay said more than it was asked."""


_EXCERPT = 60
BREAKS: Final = (OSError, ProtocolError, EndOfTalk, OutOfTurn)


def dial_failure(error: Exception, relay: Relay) -> Broken:
    """No connection: all of it may pass, except that the host does not exist.

    One that was taken and reset before we could say a word broke where the talk begins.
    """
    if isinstance(error, _TAKEN):
        return talk_failure(error, "tls" if relay.tls == "implicit" else "banner", 0.0)
    kind: Kind = "configuration" if _unknown_host(error) else "temporary"
    return Broken(_dial_reason(error, relay), "connect", kind, _DIAL_ADVICE[kind])


def talk_failure(error: Exception, stage: str, seconds: float) -> Broken:
    """A talk that had begun and broke at `stage`, where the deadline was `seconds`."""
    return Broken(_talk_reason(error, stage, seconds), stage, advice=_ADVICE.get(stage, ""))


def words(error: OSError) -> str:
    """The system's words for it, without numbers and file names."""
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return (reason or type(error).__name__).lower().replace("_", " ")


_TAKEN = (ConnectionResetError, BrokenPipeError)
"""How connect(2) ends behind TCP's handshake; a port where nobody listens is ECONNREFUSED."""

_NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def _unknown_host(error: Exception) -> bool:
    if isinstance(error, socket.gaierror):
        return error.errno in _NO_SUCH_HOST
    return isinstance(error, UnicodeError)


def _dial_reason(error: Exception, relay: Relay) -> str:
    if _unknown_host(error):
        return "cannot be found: there is no host of that name"
    if isinstance(error, TimeoutError):
        return f"did not take the connection within {relay.timing.connect:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "refused the connection"
    return f"cannot be reached ({words(error) if isinstance(error, OSError) else error})"


def _talk_reason(error: Exception, stage: str, seconds: float) -> str:
    where = place(stage)
    match error:
        case TimeoutError() if stage == "body":
            return f"took nothing of the content for {seconds:g} s"
        case TimeoutError():
            return f"did not answer {where} within {seconds:g} s"
        case ProtocolError():
            return f"answered {where} with {error}: {shorten(error.line, _EXCERPT)!r}"
        case OutOfTurn():
            return f"said more than it was asked before {where}"
        case OSError():
            return f"broke the connection at {where} ({words(error)})"
    return f"closed the connection at {where}"


_DIAL_ADVICE: dict[Kind, str] = {
    "configuration": "Check the host's name in MAIL_SERVER or MAIL_URL.",
    "temporary": "Try again later; if it never works, check MAIL_SERVER, MAIL_PORT and firewalls.",
}
_ADVICE = {
    "banner": "Try again later; if it never works: is that an SMTP server? On port 465 it expects\n"
    "TLS from the first byte (MAIL_USE_SSL or smtps://).",
}
