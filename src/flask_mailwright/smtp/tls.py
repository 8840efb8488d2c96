"""TLS that is verified, 1.2 or newer, and what to do when a relay's is not good."""

from __future__ import annotations

import ssl

from ..errors import Kind
from .breaks import words
from .failure import Broken, Failure
from .relay import Relay


class ClientContext:
    """Called for the settings of TLS with one relay, which are made when they are first needed."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._made: ssl.SSLContext | None = None

    def __call__(self) -> ssl.SSLContext:
        """Two threads that need it at once may each make one, which does no harm."""
        made = self._made = self._made or client_context(self._relay)
        return made


def client_context(relay: Relay) -> ssl.SSLContext:
    """Trusts `relay.ca_file`, or the system's authorities; `Failure` when the file is no use."""
    try:
        context = ssl.create_default_context(cafile=relay.ca_file)
    except OSError as error:
        reason = f"cannot be verified: the file of authorities is no use ({words(error)})"
        raise Failure(reason, "tls", "configuration", _CA_FILE) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # not every build has it as its default
    return context


def handshake_failure(error: OSError, relay: Relay) -> Broken:
    """A certificate or a peer that is not as configured is no trouble that passes; a break is."""
    if isinstance(error, TimeoutError):
        reason = f"did not finish the TLS handshake within {relay.timing.reply:g} s"
        return Broken(reason, "tls")
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"shows a certificate that is not good: {error.verify_message.rstrip('.')}"
        return Broken(reason, "tls", "configuration", _certificate_advice(error.verify_code))
    if isinstance(error, ssl.SSLError) and not isinstance(error, _ENDINGS):
        return Broken(f"and we cannot agree on TLS ({words(error)})", "tls", *_mismatch(relay))
    return Broken(f"broke off the TLS handshake ({words(error)})", "tls")


_ENDINGS = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


def _mismatch(relay: Relay) -> tuple[Kind, str]:
    return "configuration", _NOT_IMPLICIT if relay.tls == "implicit" else _NOT_STARTTLS


def _certificate_advice(code: int) -> str:
    if code in _WRONG_NAME:
        return "Set MAIL_SERVER (or MAIL_URL) to a name that stands in its certificate."
    if code in _UNKNOWN:
        return (
            "If it is your own authority's, name that authority's PEM file in MAIL_TLS_CA_FILE.\n"
            "Nothing was sent."
        )
    if code in _OUT_OF_TIME:
        return "Whoever runs the relay must renew it (or a clock is wrong). Nothing was sent."
    return "Whoever runs the relay needs one that today's rules allow. Nothing was sent."


# X509_V_ERR_* of OpenSSL
_WRONG_NAME = (62, 64)
_OUT_OF_TIME = (9, 10)
_UNKNOWN = (2, 18, 19, 20, 21, 27)

_CA_FILE = "Check MAIL_TLS_CA_FILE: it must be a readable PEM file with certificates."
_NOT_IMPLICIT = (
    "It may not speak TLS from the first byte: try STARTTLS (port 587: MAIL_USE_TLS or smtp://)\n"
    "in place of TLS (port 465: MAIL_USE_SSL or smtps://). It must speak TLS 1.2 or newer."
)
_NOT_STARTTLS = (
    "It must speak TLS 1.2 or newer behind STARTTLS; another way is TLS from the first byte\n"
    "(port 465: MAIL_USE_SSL or smtps://)."
)
