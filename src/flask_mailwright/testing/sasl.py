"""Server side of SASL in SMTP: PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER (RFC 4954, 4616, 7628)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field

from .syntax import Refusal

Ask = Callable[[bytes], bytes]  # a challenge in, the client's answer out, both without base64

OAUTH_FAULT = b'{"status":"401","schemes":"bearer","scope":"https://mail.example/"}'


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client presented; `password` is the token with the OAuth mechanisms."""

    mechanism: str
    username: str
    password: str = field(repr=False)


def read_credentials(mechanism: str, initial: bytes | None, ask: Ask) -> Credentials:
    """Hold the exchange of a mechanism, with or without an initial answer."""
    if mechanism == "LOGIN":
        username = ask(b"Username:") if initial is None else initial
        return Credentials(mechanism, _text(username), _text(ask(b"Password:")))
    answer = ask(b"") if initial is None else initial
    if mechanism == "PLAIN":
        return _read_plain(answer)
    return _read_oauth(mechanism, answer)


def decode(word: str) -> bytes:
    """Base64 of an AUTH line; "=" is the empty answer and "*" gives up (RFC 4954 §4)."""
    if word == "*":
        raise Refusal("501 5.0.0 authentication cancelled")
    if word == "=":
        return b""
    try:
        return base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("501 5.5.2 cannot decode base64") from None


def _read_plain(answer: bytes) -> Credentials:
    parts = answer.split(b"\0")
    if len(parts) != 3:
        raise Refusal("501 5.5.2 PLAIN is authzid NUL authcid NUL password")
    return Credentials("PLAIN", _text(parts[1]), _text(parts[2]))


def _read_oauth(mechanism: str, answer: bytes) -> Credentials:
    """`user=U^Aauth=Bearer T^A^A`, or `n,a=U,^A...auth=Bearer T^A^A`."""
    head, *fields = _text(answer).split("\x01")
    tokens = [f.removeprefix("auth=Bearer ") for f in fields if f.startswith("auth=Bearer ")]
    start, end = ("user=", "") if mechanism == "XOAUTH2" else ("n,a=", ",")
    if not (tokens and head.startswith(start) and head.endswith(end)):
        raise Refusal(f"501 5.5.2 malformed {mechanism}")
    return Credentials(mechanism, head.removeprefix(start).removesuffix(end), tokens[0])


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("501 5.5.2 credentials are UTF-8") from None
