"""The keys of signatures: what they come to, and every fault, told by name and never by value."""

import json
import subprocess
import sys
from base64 import b64encode
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright.compose.dkim.signer import Signer
from flask_mailwright.config import read
from flask_mailwright.errors import ConfigError
from flask_mailwright.world import World
from tests.signed import key, keys_of, pem

ONE = keys_of("example.com")
CANARY = "hunter2"


def signer(**values: Any) -> Signer | None:
    """What these keys come to."""
    return read(values, World(), within=nullcontext).signer


def identities(**values: Any) -> list[tuple[str, str]]:
    """Where their public halves are, and of which type they are."""
    found = signer(**values)
    assert found is not None
    return [(each.name, each.source.current().type) for each in found.identities]


def faults(**values: Any) -> tuple[str, ...]:
    """What is said about these keys."""
    with pytest.raises(ConfigError) as caught:
        signer(**values)
    assert caught.value.__cause__ is None
    return caught.value.faults


def openssl(*arguments: str) -> str:
    """A key that it makes."""
    command = ["openssl", "genpkey", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_nothing_is_signed_by_itself() -> None:
    """Without a key there is no signature."""
    assert signer() is None
    assert signer(MAIL_DKIM="", MAIL_DKIM_KEY=None) is None


@pytest.mark.parametrize("form", ["file", "path", "text", "bytes", "escaped", "callable"])
def test_every_form_of_a_key(form: str, tmp_path: Path) -> None:
    """A file's name, PEM, also in one line with backslashes, or what gives it."""
    file = tmp_path / "key.pem"
    file.write_text(pem())
    forms: dict[str, Any] = {
        "file": str(file),
        "path": file,
        "text": f"\n{pem()}\n",
        "bytes": pem().encode(),
        "escaped": pem().replace("\n", "\\n"),
        "callable": pem,
    }
    found = signer(**{**ONE, "MAIL_DKIM_KEY": forms[form]})
    assert found is not None
    assert found.identities[0].source.current().public == key().public
    assert found.identities[0].source.waits is False


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """When it is gone afterwards, mail is signed all the same."""
    file = tmp_path / "key.pem"
    file.write_text(pem())
    found = signer(**{**ONE, "MAIL_DKIM_KEY": str(file)})
    file.unlink()
    assert found is not None
    assert found.identities[0].source.current().public == key().public


def test_a_callable_is_not_asked_before_mail_is_signed() -> None:
    """What it needs may not be there when the app starts."""
    found = signer(**{**ONE, "MAIL_DKIM_KEY": lambda: 1 / 0})
    assert found is not None
    assert found.identities[0].source.waits


@pytest.mark.parametrize("as_json", [False, True])
def test_several(as_json: bool) -> None:
    """Triples, in Python or JSON: domains, and selectors of one domain, in order."""
    triples = [
        ["Example.COM", "s1", pem()],
        ("example.com", "s2.mail", pem("ed25519")),
        ("bücher.example.", "s1", pem(which=1)),
    ]
    assert identities(MAIL_DKIM=json.dumps(triples) if as_json else triples) == [
        ("s1._domainkey.example.com", "rsa"),
        ("s2.mail._domainkey.example.com", "ed25519"),
        ("s1._domainkey.xn--bcher-kva.example", "rsa"),
    ]


_THREE = "MAIL_DKIM_DOMAIN, MAIL_DKIM_SELECTOR, MAIL_DKIM_KEY"


@pytest.mark.parametrize("there", ONE)
def test_half_of_the_three(there: str) -> None:
    """Each that is missing is named."""
    assert faults(**{there: ONE[there]}) == tuple(
        f"{name} is not set; a signature needs {_THREE}" for name in ONE if name != there
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (CANARY, "names no file that can be read (No such file or directory); it must be the path"),
        ("/", "names no file that can be read (Is a directory); it must be the path of a file, a"),
        (f"{CANARY}\0", "names no file that can be read (it is no path); it must be the path"),
        (CANARY * 1000, "names no file that can be read (File name too long); it must be the"),
        (b64encode(CANARY.encode() * 200).decode(), "names no file that can be read (File name"),
        (42, "must be the path of a file, a key in PEM, or a callable that returns one"),
        ({"key": CANARY}, "must be the path of a file, a key in PEM, or a callable that returns"),
        (f"-----BEGIN PRIVATE KEY-----\\n{CANARY}", "is no private key in PEM; `flask mail dkim"),
        (CANARY.encode(), "is no private key in PEM; `flask mail dkim-keygen` makes one"),
        (openssl("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:768"), "is an RSA key of 768 b"),
        (
            openssl("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
            "is neither an RSA nor an Ed25519 key; `flask mail dkim-keygen` makes one",
        ),
        (
            openssl("-algorithm", "RSA", "-aes256", "-pass", f"pass:{CANARY}"),
            "has a passphrase; write it anew without one: openssl pkey -in key -out new-key",
        ),
    ],
)
def test_keys_that_cannot_sign(value: Any, sentence: str) -> None:
    """The start of the app says why, and shows nothing of them; one of several too."""
    (told,) = faults(**{**ONE, "MAIL_DKIM_KEY": value})
    assert told.startswith(f"MAIL_DKIM_KEY {sentence}")
    (of_several,) = faults(MAIL_DKIM=[("example.org", "s1", pem()), ("example.com", "s1", value)])
    assert of_several == told.replace("MAIL_DKIM_KEY", "MAIL_DKIM[1] key")
    assert CANARY not in told


_A_DOMAIN = "must be a domain, such as example.com"
_A_SELECTOR = "must be a name of letters, digits and hyphens, such as mail-2026"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        *[
            ("MAIL_DKIM_DOMAIN", bad, _A_DOMAIN)
            for bad in ("a b", "@example.com", "a@example.com", "[127.0.0.1]", "x\r\ny", ".", "-x")
        ],
        ("MAIL_DKIM_DOMAIN", 1, "must be text; where"),
        *[
            ("MAIL_DKIM_SELECTOR", bad, _A_SELECTOR)
            for bad in ("a b", "s;", "é", "a..b", "s\n.", "-s")
        ],
        ("MAIL_DKIM_SELECTOR", 202611, "must be text; where the environment is read as JSON, put"),
    ],
)
def test_what_is_no_name(name: str, value: Any, sentence: str) -> None:
    """Neither would stand in DNS."""
    (told,) = faults(**{**ONE, name: value})
    assert told.startswith(f"{name} {sentence}")


@pytest.mark.parametrize(
    "value", ["x", "[1]", "{}", 5, [], [[]], [("example.com", "s1")], "[[1,2]]"]
)
def test_what_is_no_list_of_triples(value: Any) -> None:
    """The fault shows one."""
    (told,) = faults(MAIL_DKIM=value)
    assert told.startswith("MAIL_DKIM must be a list (or JSON) of triples, [[")


def test_an_empty_entry_is_told() -> None:
    """By its place."""
    assert faults(MAIL_DKIM=[("", "s1", pem())]) == (
        "MAIL_DKIM[0] domain is not set; a signature needs MAIL_DKIM[0] domain, MAIL_DKIM[0]"
        " selector, MAIL_DKIM[0] key",
    )


def test_both_ways_at_once() -> None:
    """One of them would not be obeyed."""
    told = faults(MAIL_DKIM=[("example.com", "s1", pem())], MAIL_DKIM_KEY=pem())
    assert told == ("MAIL_DKIM and MAIL_DKIM_KEY are both set; keep MAIL_DKIM",)


def test_two_keys_under_one_name() -> None:
    """DNS can have but one of them."""
    triple = ("example.com", "s1", pem())
    (told,) = faults(MAIL_DKIM=[triple, ("EXAMPLE.com", "S1", pem("ed25519"))])
    assert told == "MAIL_DKIM has two keys under one selector of one domain; DNS has one"


@pytest.mark.parametrize(("bits", "told"), [(1024, "not every"), (2048, ""), (4104, "need not")])
def test_sizes_that_not_everybody_reads(
    bits: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A warning, for they do sign (RFC 8301 §3.2)."""
    text = openssl("-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")
    assert identities(**{**ONE, "MAIL_DKIM_KEY": text}) == [("s1._domainkey.example.com", "rsa")]
    assert (f"MAIL_DKIM_KEY is an RSA key of {bits} bits" in caplog.text) is bool(told)
    assert told in caplog.text


def test_without_cryptography(tmp_path: Path) -> None:
    """The fault has the line that installs it; without a key nobody misses it."""
    program = f"""
import sys
sys.modules["cryptography"] = None
from flask import Flask
from flask_mailwright import Mail
Mail(Flask("unsigned"))
app = Flask("signed")
app.config.update({ONE!r})
try:
    Mail(app)
except Exception as error:
    print(type(error).__name__, error)
"""
    command = [sys.executable, "-c", program]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path
    )
    assert ran.stdout == (
        "ConfigError The mail configuration was not accepted: MAIL_DKIM_KEY needs cryptography:"
        " pip install 'flask-mailwright[dkim]'\n"
    )
