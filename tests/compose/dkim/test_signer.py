"""Whose mail is signed, with which keys, and what is said of other mail."""

import logging

import pytest

from flask_mailwright.compose.dkim.keys import KEY_TYPES
from flask_mailwright.compose.dkim.signer import TOLD, Identity, Signer
from flask_mailwright.compose.dkim.sources import Asked, Fixed
from flask_mailwright.envelope import Envelope, Recipient, SealedMail
from flask_mailwright.errors import DeliveryError
from tests.signed import NOW, RECORDS, key, records, signer, verdicts


def mail(sender: str, *, content: bytes = b"\r\nHello\r\n", extra: str = "") -> SealedMail:
    """From this sender."""
    head = f"From: {sender}\r\nTo: ann@example.com\r\nSubject: Hi\r\n{extra}"
    envelope = Envelope("bounces@other.test", (Recipient("ann@example.com"),))
    return SealedMail("1", "<1@x>", "Hi", envelope, head.encode() + content, canonical=True)


def domains(mail: SealedMail) -> list[str]:
    """Those of its signatures, in order."""
    head = mail.content.partition(b"\r\n\r\n")[0].decode()
    return [line[3:-1] for line in head.split("\r\n") if line.startswith(" d=")]


NESTED = signer({"example.com": ("rsa",), "news.example.com": KEY_TYPES})


@pytest.mark.parametrize(
    ("sender", "signed"),
    [
        ("a@example.com", ["example.com"]),
        ("A <a@EXAMPLE.com>", ["example.com"]),
        ('"b@news.example.com" <a@example.com>', ["example.com"]),
        ("a@shop.eu.example.com", ["example.com"]),
        ("a@news.example.com", ["news.example.com"] * 2),
        ("a@x.news.example.com", ["news.example.com"] * 2),
        ("a@badexample.com", []),
        ("a@com", []),
        ("a@example.com.evil.test", []),
        ("a@[127.0.0.1]", []),
        ("nobody", []),
    ],
)
def test_the_nearest_domain_signs(sender: str, signed: list[str]) -> None:
    """That of From, or one above it (RFC 7489 §3.1.1), never the envelope's or one beside it."""
    assert domains(NESTED.sign(mail(sender))) == signed


def test_mail_of_others_stays_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """Which is told once for each domain, and not for ever."""
    signs, other = signer(), mail("a@other.test")
    assert [signs.sign(other) is other for _ in range(3)] == [True] * 3
    ((name, level, text),) = caplog.record_tuples
    assert (name, level) == ("flask_mailwright", logging.WARNING)
    assert text.startswith("mail from other.test is not signed: no DKIM key is for its domain")
    for number in range(2 * TOLD):
        signs.sign(mail(f"a@other{number}.test"))
    assert len(caplog.records) == TOLD


@pytest.mark.parametrize("content", [b"\r\nHello\r\n", b"\r\n", b"", b"\r\nno line end"])
def test_any_body(content: bytes) -> None:
    """One, an empty one, or none."""
    signed = signer().sign(mail("a@both.example", content=content))
    assert verdicts(signed.content) == [True, True]


def test_two_from_fields_are_not_signed() -> None:
    """Nobody can say whose mail it is."""
    twice = mail("a@both.example", extra="From: eve@example.net\r\n")
    assert signer().sign(twice) is twice


def test_a_signature_that_is_there_stays() -> None:
    """Ours is put before it, and covers neither it nor itself."""
    first = signer({"rsa.example": ("rsa",)}).sign(mail("a@rsa.example"))
    second = signer({"rsa.example": ("ed25519",)}).sign(first)
    assert second.content.endswith(first.content)
    dns = records({"rsa.example": KEY_TYPES})
    assert verdicts(second.content, dns) == [True, True]


def test_odd_cases_of_names() -> None:
    """`list-unsubscribe` of a user's own is covered as any other."""
    extra = "list-unsubscribe: <https://example.com/out>\r\nREPLY-TO: carl@example.com\r\n"
    signed = signer().sign(mail("a@rsa.example", extra=extra)).content
    assert verdicts(signed) == [True]
    for value in (b"/out>", b"carl@"):
        assert verdicts(signed.replace(value, b"eve@x", 1)) == [False]


def test_only_the_content_changes() -> None:
    """One field for each key, prepended; its time is the world's."""
    sealed = mail("a@both.example")
    signed = signer().sign(sealed)
    assert signed._replace(content=b"") == sealed._replace(content=b"")
    assert signed.content.endswith(sealed.content)
    assert signed.content.count(f"; t={NOW:.0f};".encode()) == 2
    assert b"l=" not in signed.content.removesuffix(sealed.content)


def test_another_key_does_not_verify() -> None:
    """Or the verdicts above would say nothing."""
    signed = signer().sign(mail("a@rsa.example")).content
    swapped = {"rsa._domainkey.rsa.example": RECORDS["rsa._domainkey.both.example"]}
    assert verdicts(signed, swapped) == [True]  # the tests' domains share their keys
    other = {"rsa._domainkey.rsa.example": RECORDS["ed25519._domainkey.both.example"]}
    assert verdicts(signed, other) == verdicts(signed, {}) == [False]


def test_only_mail_of_its_domain_waits_for_a_key() -> None:
    """Not that of others, whatever their vault does."""
    here = Identity("here.test", "s1", Fixed(key()))
    vault = Identity("vault.test", "s1", Asked("MAIL_DKIM_KEY", lambda: 1 / 0, lambda: 0.0))
    signs = Signer([here, vault], lambda: NOW)
    assert [signs.waits(mail(f"a@{each}.test")) for each in ("here", "x.vault", "else")] == [
        *(False, True, False)
    ]
    assert domains(signs.sign(mail("a@here.test"))) == ["here.test"]
    with pytest.raises(DeliveryError, match="ZeroDivisionError"):
        signs.sign(mail("a@vault.test"))
    assert not signs.waits(mail("a@vault.test"))


def test_a_thousand_domains() -> None:
    """Each with its own."""
    signs = Signer([Identity(f"d{n}.test", "s1", Fixed(key())) for n in range(1000)], lambda: NOW)
    assert domains(signs.sign(mail("a@x.d999.test"))) == ["d999.test"]
