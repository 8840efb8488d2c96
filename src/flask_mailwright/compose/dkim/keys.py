"""Private keys that sign mail, RSA and Ed25519, and their public halves (RFC 6376, RFC 8463).

cryptography does it (extra `dkim`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any, Literal

KeyType = Literal["rsa", "ed25519"]
KEY_TYPES: tuple[KeyType, ...] = ("rsa", "ed25519")
FEWEST, ENOUGH, MOST = 1024, 2048, 4096
"""Bits of an RSA key: fewer nobody believes, more not everybody reads (RFC 8301)."""


class Key:
    """Signs; what it is made of is nowhere to be seen.

    `bits` are those of an RSA key. `public`: what DNS has of it, in base64.
    """

    __slots__ = ("_sign", "bits", "public", "type")

    def __init__(
        self, type_: KeyType, public: bytes, sign: Callable[[bytes], bytes], bits: int = 0
    ) -> None:
        self.type = type_
        self.bits = bits
        self.public = b64encode(public).decode()
        self._sign = sign

    def sign(self, octets: bytes) -> bytes:
        """The signature of their SHA-256."""
        return self._sign(octets)

    @property
    def record(self) -> str:
        """The TXT record that publishes it (RFC 6376 §3.6.1)."""
        return f"v=DKIM1; k={self.type}; p={self.public}"

    def __repr__(self) -> str:
        return f"<Key {self.type}{f' of {self.bits} bits' if self.bits else ''}>"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled: read it from the configuration again")


def load(pem: bytes) -> Key:
    """The key of a PEM file; the ValueError says why it is none, and never what it is."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    except ImportError:
        raise ValueError(NO_CRYPTOGRAPHY) from None
    private = _private(pem)
    if isinstance(private, RSAPrivateKey):
        return _rsa(private)
    if isinstance(private, Ed25519PrivateKey):
        return _ed25519(private)
    raise ValueError("is neither an RSA nor an Ed25519 key; `flask mail dkim-keygen` makes one")


def generate(type_: KeyType) -> bytes:
    """A new one, as PEM without a passphrase; ValueError without cryptography."""
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    except ImportError:
        raise ValueError(NO_CRYPTOGRAPHY) from None
    private: Any = (
        rsa.generate_private_key(65537, ENOUGH)
        if type_ == "rsa"
        else ed25519.Ed25519PrivateKey.generate()
    )
    pem: bytes = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem


NO_CRYPTOGRAPHY = "needs cryptography: pip install 'flask-mailwright[dkim]'"


def _private(pem: bytes) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem, None)
    except TypeError:
        reason = "has a passphrase; write it anew without one: openssl pkey -in key -out new-key"
    except (ValueError, UnsupportedAlgorithm):
        reason = "is no private key in PEM; `flask mail dkim-keygen` makes one"
    raise ValueError(reason)  # behind the `except`: what cryptography has said may quote the key


def _rsa(private: Any) -> Key:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding

    if private.key_size < FEWEST:
        raise ValueError(
            f"is an RSA key of {private.key_size} bits, which nobody believes (RFC 8301); make one"
            f" of {ENOUGH}: `flask mail dkim-keygen`"
        )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sign = partial(private.sign, padding=padding.PKCS1v15(), algorithm=hashes.SHA256())
    return Key("rsa", public, sign, private.key_size)


def _ed25519(private: Any) -> Key:
    """It signs the hash, not the octets (RFC 8463 §3)."""
    sign: Callable[[bytes], bytes] = private.sign
    public = private.public_key().public_bytes_raw()
    return Key("ed25519", public, lambda octets: sign(sha256(octets).digest()))
