"""Who leaves which list, until when, in a word that only this app can write and read.

A synthetic IV (RFC 5297's idea) over HMAC-SHA256: the IV is the authentication code of the text,
and what the text is encrypted from; so there is no nonce that could come twice.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from hmac import compare_digest, digest
from typing import NamedTuple

DAY = 86_400
LASTS = 366 * DAY
"""Seconds; a year at least, whatever its length."""
_IV = 16
_DATE = 3
_END = b"\0"
"""Between the list and the address; neither holds it."""


class Purpose(NamedTuple):
    """What a token is for: one app's own name, and what its bearer may do."""

    app: str
    act: str = "unsubscribe"


class Wish(NamedTuple):
    """What a token says. `expires` is a day since 1970, which it still holds on."""

    address: str
    list: str
    expires: int


def written(wish: Wish, secret: bytes, purpose: Purpose) -> str:
    """The token: letters, digits, - and _; the same for the same wish."""
    text = wish.expires.to_bytes(_DATE) + wish.list.encode() + _END + wish.address.encode()
    code, stream = _keys(secret, purpose)
    iv = digest(code, text, "sha256")[:_IV]
    return urlsafe_b64encode(iv + _mixed(text, stream, iv)).rstrip(b"=").decode()


def read(token: str, secrets: Iterable[bytes], purpose: Purpose) -> Wish | None:
    """What it says; None for one that no app of this name and these secrets has written for this.

    Whether it has expired is the reader's to ask.
    """
    octets = _decoded(token)
    iv, mixed = octets[:_IV], octets[_IV:]
    for secret in secrets:
        code, stream = _keys(secret, purpose)
        text = _mixed(mixed, stream, iv)
        if compare_digest(digest(code, text, "sha256")[:_IV], iv):
            return _wish(text)
    return None


def _keys(secret: bytes, purpose: Purpose) -> tuple[bytes, bytes]:
    """One to authenticate with, one to encrypt with; each of this purpose alone."""
    about = f"flask-mailwright\0{purpose.act}\0{purpose.app}".encode()
    root = digest(secret, about, "sha256")
    return digest(root, b"code", "sha256"), digest(root, b"stream", "sha256")


def _mixed(text: bytes, key: bytes, iv: bytes) -> bytes:
    """Encrypted, or decrypted: the stream depends on the IV, and the IV on each octet."""
    blocks = range(-(-len(text) // 32))
    stream = b"".join([digest(key, iv + block.to_bytes(4), "sha256") for block in blocks])
    return bytes(map(int.__xor__, text, stream))


def _decoded(token: str) -> bytes:
    """Nothing for what is not written as we write it: one token has one spelling."""
    try:
        octets = urlsafe_b64decode(f"{token}{'=' * (-len(token) % 4)}")
    except ValueError:
        return b""
    return octets if urlsafe_b64encode(octets).rstrip(b"=").decode() == token else b""


def _wish(text: bytes) -> Wish:
    name, _, address = text[_DATE:].partition(_END)
    return Wish(address.decode(), name.decode(), int.from_bytes(text[:_DATE]))
