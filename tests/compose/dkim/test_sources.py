"""A key from a callable: when it is asked, and what becomes of mail when it fails."""

from contextlib import suppress

import pytest

from flask_mailwright.compose.dkim.sources import GOOD, PATIENCE, PAUSE, Asked
from flask_mailwright.errors import DeliveryError
from tests.signed import key, pem

CANARY = "-----BEGIN PRIVATE KEY-----hunter2"


class Vault:
    """Gives what is in it, or raises it; counts how often it is asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.now = 1000.0
        self.source = Asked("MAIL_DKIM_KEY", self, lambda: self.now)

    def __call__(self) -> object:
        self.asked += 1
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_it_is_asked_when_mail_is_signed() -> None:
    """Once, and again when its answer is old: a key that changed needs no restart."""
    vault = Vault(pem(), pem(which=1).encode())
    assert (vault.asked, vault.source.waits) == (0, True)
    assert [vault.source.current().public for _ in range(9)] == [key().public] * 9
    assert (vault.asked, vault.source.waits) == (1, False)
    vault.now += GOOD
    assert vault.source.waits
    assert vault.source.current().public == key(which=1).public != key().public
    assert vault.asked == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (LookupError(CANARY), r"its callable raised LookupError \(test_sources.py, line \d+\)"),
        (ValueError(CANARY), r"its callable raised ValueError \(test_sources.py, line \d+\)"),
        (None, "what its callable returns is no private key in PEM"),
        (CANARY, "what its callable returns is no private key in PEM"),
        (b"\xff", "what its callable returns is no private key in PEM"),
    ],
)
def test_it_has_no_key(answer: object, reason: str) -> None:
    """A sentence without what it said, for that may hold the key; asked again after a pause."""
    vault = Vault(answer, pem())
    with suppress(DeliveryError):
        vault.source.current()
    assert (vault.asked, vault.source.waits) == (1, False)
    with pytest.raises(DeliveryError, match=f"cannot be signed. MAIL_DKIM_KEY: {reason}") as caught:
        vault.source.current()
    assert (caught.value.kind, caught.value.stage) == ("configuration", "sign")
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert "hunter2" not in str(caught.value)
    assert vault.asked == 1
    vault.now += PAUSE
    assert vault.source.current().public == key().public


def test_the_key_of_before_signs_on(caplog: pytest.LogCaptureFixture) -> None:
    """While it cannot be renewed, which is told at each try."""
    vault = Vault(pem(), LookupError(CANARY), LookupError(CANARY), pem(which=1))
    first = vault.source.current()
    vault.now += GOOD
    assert [vault.source.current() for _ in range(3)] == [first] * 3
    vault.now += PATIENCE
    assert vault.source.current() is first
    vault.now += PATIENCE
    assert vault.source.current().public == key(which=1).public
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert caplog.messages[0].endswith("the key of before signs on")
    assert "hunter2" not in caplog.text


def test_line_ends_as_environments_have_them() -> None:
    """A backslash and an n."""
    assert Vault(pem().replace("\n", "\\n")).source.current().public == key().public
