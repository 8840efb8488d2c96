"""Signed mail as it came at a real server, before verifiers that are not ours.

dkimpy and OpenDKIM know RSA and Ed25519, Debian's Perl module RSA alone.
"""

import random
from collections.abc import Sequence

import pytest

from flask_mailwright.compose.dkim.keys import KeyType
from flask_mailwright.compose.dkim.signature import SIGNED
from flask_mailwright.envelope import SealedMail
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports.signing import signing
from flask_mailwright.transports.smtp import SmtpTransport
from tests.judges.hostile_signed import changed, mails, relayed_on
from tests.judges.mail_dkim import MailDkim
from tests.judges.opendkim import OpenDkim
from tests.signed import BOTH, ED25519, RSA, TYPES, signer, verdicts

MAILS = 200
CHANGES = 400


def arrived(sealed: Sequence[SealedMail], *, chunking: bool) -> list[bytes]:
    """Over our client: behind DATA with its dots doubled, or as the chunk of a BDAT."""
    with SMTPServer(chunking=chunking) as server:
        transport = SmtpTransport(Relay(server.host, server.port))
        receipts = list(signing(transport, signer()).deliver_many(sealed))
        transport.close()
        assert [receipt.error for receipt in receipts] == [None] * len(sealed)
        return [mail.content for mail in server.mails]


@pytest.fixture(scope="module")
def signed() -> dict[str, list[bytes]]:
    """The mails of each domain, half of them come by each way."""
    found: dict[str, list[bytes]] = {}
    for domain in TYPES:
        sealed = mails(domain, MAILS)
        found[domain] = arrived(sealed[::2], chunking=True) + arrived(sealed[1::2], chunking=False)
    return found


def algorithms(domain: str) -> list[str]:
    """Of the signatures of its mails, in order."""
    return [f"{each}-sha256" for each in TYPES[domain]]


@pytest.mark.parametrize("domain", TYPES)
def test_every_mail_verifies(
    domain: str, signed: dict[str, list[bytes]], mail_dkim: MailDkim, opendkim: OpenDkim
) -> None:
    """Whatever is odd about it."""
    contents, kinds = signed[domain], algorithms(domain)
    assert len(set(contents)) == MAILS
    assert [verdicts(each) for each in contents] == [[True] * len(kinds)] * MAILS
    assert opendkim.verdicts(contents) == [[(kind, "pass") for kind in kinds]] * MAILS
    if domain != ED25519:
        assert all(("rsa-sha256", "pass") in mail_dkim.verdicts(each) for each in contents)


def fails(contents: list[bytes], mail_dkim: MailDkim, opendkim: OpenDkim) -> None:
    """Both signatures, at every verifier that knows them."""
    for content, by_opendkim in zip(contents, opendkim.verdicts(contents), strict=True):
        assert verdicts(content) == [False, False], content
        assert "pass" not in dict(by_opendkim).values(), content
        assert dict(mail_dkim.verdicts(content))["rsa-sha256"].startswith("fail ("), content


def test_every_change_is_noticed(
    signed: dict[str, list[bytes]], mail_dkim: MailDkim, opendkim: OpenDkim
) -> None:
    """One octet of a field that is covered, or of the body."""
    chance = random.Random(8463)
    contents = [changed(chance.choice(signed[BOTH]), chance) for _ in range(CHANGES)]
    assert len(set(contents)) > CHANGES * 0.99
    fails(contents, mail_dkim, opendkim)


@pytest.mark.parametrize("name", SIGNED)
def test_no_field_can_be_added(
    name: str, signed: dict[str, list[bytes]], mail_dkim: MailDkim, opendkim: OpenDkim
) -> None:
    """A second From or Subject, or the first Cc: on top and below."""
    contents = []
    for content in signed[BOTH][:10]:
        head, _, body = content.partition(b"\r\n\r\n")
        field = f"{name}: Eve <eve@example.net>".encode()
        contents += [field + b"\r\n" + content, head + b"\r\n" + field + b"\r\n\r\n" + body]
    fails(contents, mail_dkim, opendkim)


@pytest.mark.parametrize("domain", [RSA, ED25519])
def test_what_relays_do_is_no_change(
    domain: KeyType, signed: dict[str, list[bytes]], mail_dkim: MailDkim, opendkim: OpenDkim
) -> None:
    """Other white space, other cases of names, lines at the end, a trace on top."""
    contents = [relayed_on(each) for each in signed[domain] if b"\r\nFrom:" in each]
    assert len(contents) > MAILS / 2
    assert [verdicts(each) for each in contents] == [[True]] * len(contents)
    (kind,) = algorithms(domain)
    assert opendkim.verdicts(contents) == [[(kind, "pass")]] * len(contents)
    if domain == RSA:
        assert [mail_dkim.verdicts(each) for each in contents] == [[(kind, "pass")]] * len(contents)


@pytest.mark.parametrize("relay", ["postfix", "exim"])
def test_other_servers_carry_it(relay: str, request: pytest.FixtureRequest) -> None:
    """Their traces stand on top of it, and their files end lines as Unix does."""
    server = request.getfixturevalue(relay)
    sealed = [each for each in mails(BOTH, 80) if len(each.envelope.recipients) == 1]
    transport = SmtpTransport(Relay(server.host, server.port))
    receipts = list(signing(transport, signer()).deliver_many(sealed))
    transport.close()
    assert [receipt.error for receipt in receipts] == [None] * len(sealed)
    came = [each.replace(b"\n", b"\r\n") for each in server.wait(len(sealed))]
    assert [verdicts(each) for each in came] == [[True, True]] * len(sealed)
