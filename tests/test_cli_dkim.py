"""`flask mail dkim-keygen` and what `flask mail check` says of keys, beside a real name server."""

import json
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from flask_mailwright import Mail
from flask_mailwright.cli.published import published
from flask_mailwright.compose.dkim.keys import KEY_TYPES, KeyType, load
from flask_mailwright.compose.dkim.signer import Identity
from flask_mailwright.compose.dkim.sources import Fixed
from flask_mailwright.errors import MailError
from flask_mailwright.txt import Nameserver
from flask_mailwright.world import World
from tests.dns_server import DnsServer
from tests.signed import key, keys_of, pem

NAME = "s1._domainkey.example.com"
RECORD = key().record


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which no sentence is folded."""
    monkeypatch.setenv("COLUMNS", "300")


def run(*arguments: str, world: World = World(), **config: Any) -> Result:  # noqa: B008
    """`flask mail` of an app with these keys."""
    app = Flask("flasky")
    app.config.update({"MAIL_URL": "memory:", "MAIL_DEFAULT_SENDER": "a@example.com", **config})
    app.config["MAIL_ENGINE"] = "inline"
    Mail(app, world=world)
    return app.test_cli_runner().invoke(args=["mail", *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_from_a_new_key_to_a_record_that_is_found(kind: KeyType, here: Path) -> None:
    """What it prints is what an app takes and what DNS must have."""
    made = run("dkim-keygen", "Bücher.example", "--selector", "S1", "--algorithm", kind)
    assert made.exit_code == 0
    file = here / "dkim-xn--bcher-kva.example-s1.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    config = dict(re.findall(r'^  (MAIL_\w+) = "(.*)"$', made.output, re.MULTILINE))
    assert config["MAIL_DKIM_KEY"] == str(file)
    (name,) = re.findall(r"^  Name:  (\S+)$", made.output, re.MULTILINE)
    (value,) = re.findall(r"^  Value: (.*)$", made.output, re.MULTILINE)
    zone = made.output.partition("In a zone file:\n")[2].partition("\n\n")[0]
    strings = re.findall(r'"([^"]*)"', zone)
    assert "".join(strings) == value == load(file.read_bytes()).record
    assert max(map(len, strings)) <= 255
    assert zone.startswith(f"  {name}. IN TXT (\n")
    assert ("Ed25519" in made.output) == (kind == "ed25519")
    with DnsServer({name: [strings]}) as server:
        checked = run("check", world=server.world, **config)
    assert checked.exit_code == 0
    assert f"Signatures: {name}\n  DNS has this key\n" in checked.output


def test_a_file_is_not_overwritten(here: Path) -> None:
    """Whatever is in it; neither is what a link leads to."""
    (here / "key.pem").write_text("precious")
    (here / "link.pem").symlink_to(here / "nowhere")
    for name in ("key.pem", "link.pem"):
        result = run("dkim-keygen", "example.com", "--out", name)
        assert result.exit_code == 1
        assert f"{name} is there already: move it, or name another with --out" in result.output
    assert (here / "key.pem").read_text() == "precious"
    assert not (here / "nowhere").exists()


def test_names_of_its_own(here: Path) -> None:
    """The selector says of which type and month a key is."""
    run("dkim-keygen", "example.com", "--algorithm", "ed25519")
    (file,) = here.iterdir()
    assert re.fullmatch(r"dkim-example.com-ed25519-\d{6}\.pem", file.name)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a b"], "must be a domain, such as example.com"),
        (["example.com", "--selector", "a b"], "must be a name of letters, digits and hyphens"),
        (["example.com", "--out", "no/folder/key.pem"], "cannot be written: No such file or"),
        (["example.com", "--algorithm", "dsa"], "'dsa' is not one of 'rsa', 'ed25519'"),
    ],
)
def test_what_it_cannot_make(arguments: list[str], sentence: str, here: Path) -> None:
    """A sentence, and no file."""
    result = run("dkim-keygen", *arguments)
    assert result.exit_code in (1, 2)
    assert sentence in result.output
    assert list(here.iterdir()) == []


def test_no_key_without_cryptography(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    result = run("dkim-keygen", "example.com")
    assert result.exit_code == 1
    assert "a key needs cryptography: pip install 'flask-mailwright[dkim]'" in result.output
    assert list(here.iterdir()) == []


OTHER = RECORD.replace(key().public, key(which=1).public)


@pytest.mark.parametrize(
    ("records", "found", "told"),
    [
        ([RECORD], "equal", "DNS has this key"),
        ([[RECORD[:100], RECORD[100:]]], "equal", "DNS has this key"),
        (["v=spf1 -all", RECORD], "equal", "DNS has this key"),
        ([f" k = rsa ; p= {key().public[:50]} {key().public[50:]} "], "equal", "DNS has this key"),
        ([f"p={key().public}"], "equal", "DNS has this key"),
        ([f"{RECORD}; t=y:s; h=sha1:sha256; s=email; n=note"], "equal", "t=y says that it is"),
        ([OTHER], "different", "DNS has another key there"),
        ([RECORD[:-9]], "different", "DNS has another key there"),
        ([RECORD.replace("k=rsa", "k=ed25519")], "different", "DNS has another key there"),
        ([RECORD, OTHER], "different", "DNS has several keys there"),
        ([RECORD.replace("DKIM1", "DKIM2")], "different", "its v= is not DKIM1"),
        ([f"{RECORD}; h=sha1"], "different", "its h= does not allow sha256"),
        ([f"{RECORD}; s=tlsrpt"], "different", "its s= does not allow e-mail"),
        (["v=DKIM1; p="], "revoked", "its key was taken back (p= is empty)"),
        (["v=spf1 -all"], "missing", "DNS has no key there; publish the record"),
        ([], "missing", "DNS has no key there; publish the record"),
    ],
)  # fmt: skip
def test_what_dns_has(records: list[Any], found: str, told: str) -> None:
    """Compared with the key that signs; what keeps receivers from verifying is an error."""
    with DnsServer({NAME: records}) as server:
        result = run("check", world=server.world, **keys_of("example.com"))
        as_json = run("check", "--json", world=server.world, **keys_of("example.com"))
        assert server.asked == [NAME, NAME]
    wrong = found != "equal"
    assert result.exit_code == as_json.exit_code == wrong
    assert told in result.output
    assert (f"  Error: {found}: " in result.output) is wrong
    assert (f"  Record: {RECORD}\n" in result.output) is wrong
    (document,) = json.loads(as_json.output)["dkim"]
    assert (document["name"], document["found"]) == (NAME, found)
    assert document["record"] == RECORD
    assert "PRIVATE" not in result.output + as_json.output


def test_a_name_that_is_not_there() -> None:
    """NXDOMAIN is as good as no record."""
    with DnsServer({}) as server:
        result = run("check", world=server.world, **keys_of("example.com"))
    assert "  Error: missing: DNS has no key there" in result.output


@pytest.mark.parametrize("selector", ["silent", "broken"])
def test_nobody_can_tell(selector: str) -> None:
    """No answer is no finding: the deployment goes on."""
    with DnsServer({}) as server:
        keys = keys_of("example.com", selector=selector)
        result = run("check", world=server.world, **keys)
    assert result.exit_code == 0
    assert f"Warning: DNS gives no answer about {selector}._domainkey.example.com" in result.output


def test_without_dnspython(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setitem(sys.modules, "dns.resolver", None)
    result = run("check", **keys_of("example.com"))
    assert result.exit_code == 0
    assert "  Warning: to look into DNS needs dnspython: pip install 'flask-mailwright[dns]'" in (
        result.output
    )


def test_a_key_that_cannot_be_had() -> None:
    """Told in the callable's name, before DNS is asked."""
    keys = {**keys_of("example.com"), "MAIL_DKIM_KEY": lambda: 1 / 0}
    with DnsServer({}) as server:
        result = run("check", world=server.world, **keys)
        assert server.asked == []
    assert "MAIL_DKIM_KEY: its callable raised ZeroDivisionError" in result.output


def test_several_keys() -> None:
    """Each is told of."""
    triples = [("example.com", "s1", pem()), ("example.com", "s2", pem("ed25519"))]
    with DnsServer({NAME: [RECORD]}) as server:
        result = run("check", world=server.world, MAIL_DKIM=triples)
    assert result.exit_code == 1
    assert f"Signatures: {NAME}\n  DNS has this key\n" in result.output
    assert f"  Record: {key('ed25519').record}\n" in result.output


def test_the_resolver_of_the_system() -> None:
    """Whatever it says of a name that nobody can have, in time."""
    identity = Identity("invalid", "s1", Fixed(key()))
    found = published(identity, Nameserver(seconds=0.5).txt)
    assert found.found in ("missing", "unknown")


def test_no_nameserver() -> None:
    """One that is not there is a sentence of ours."""
    with pytest.raises(MailError, match="DNS gives no answer about x.example") as caught:
        Nameserver(["127.0.0.1"], port=1, seconds=0.5).txt("x.example")
    assert caught.value.kind == "temporary"
