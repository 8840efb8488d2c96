"""Which keys sign, which are refused, and that none of them is ever seen."""

import copy
import pickle
import subprocess

import pytest

from flask_mailwright.compose.dkim.keys import KEY_TYPES, KeyType, generate, load
from tests.signed import key, pem


def openssl(*arguments: str, stdin: str = "") -> str:
    """What the program of that name writes: a key that is not cryptography's."""
    command = ["openssl", *arguments]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_a_key_of_openssl(kind: KeyType) -> None:
    """And its public half is what openssl says it is."""
    text = openssl("genpkey", "-algorithm", kind.upper())
    published = openssl("pkey", "-pubout", stdin=text)
    body = "".join(published.splitlines()[1:-1])
    found = load(text.encode())
    assert found.type == kind
    assert body.endswith(found.public[-20:])
    assert found.record == f"v=DKIM1; k={kind}; p={found.public}"


def test_the_old_form_of_rsa() -> None:
    """PKCS #1, as opendkim-genkey writes it."""
    old = openssl("rsa", "-traditional", stdin=pem())
    assert "BEGIN RSA PRIVATE KEY" in old
    assert load(old.encode()).public == key().public


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512"], "512 bits, which"),
        (
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "is neither an RSA nor an Ed25519 key",
        ),
        (["genpkey", "-algorithm", "X25519"], "is neither an RSA nor an Ed25519 key"),
        (
            ["genpkey", "-algorithm", "ED25519", "-aes256", "-pass", "pass:secret"],
            "has a passphrase; write it anew without one",
        ),
    ],
)
def test_keys_that_cannot_sign(arguments: list[str], sentence: str) -> None:
    """Each with what to do."""
    with pytest.raises(ValueError, match=sentence) as caught:
        load(openssl(*arguments).encode())
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n", "PUBLIC", "HALF"])
def test_what_is_no_key(text: str) -> None:
    """Nothing of it is quoted."""
    given = {"PUBLIC": openssl("pkey", "-pubout", stdin=pem()), "HALF": pem()[:400]}.get(text, text)
    with pytest.raises(ValueError, match=r"^is no private key in PEM; `flask mail") as caught:
        load(given.encode())
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_key_is_not_seen() -> None:
    """Not in its repr, and it does not leave the process."""
    assert repr(key("rsa")) == "<Key rsa of 2048 bits>"
    assert repr(key("ed25519")) == "<Key ed25519>"
    for leave in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            leave(key())


def test_two_are_never_the_same() -> None:
    """Each comes from chance."""
    assert generate("ed25519") != generate("ed25519")
