"""From the banner to the login, byte by byte."""

import base64

import pytest

from flask_mailwright.secret import Secret
from flask_mailwright.smtp.capabilities import Capabilities
from flask_mailwright.smtp.failure import Broken, Failure
from flask_mailwright.smtp.relay import Relay, Tls
from flask_mailwright.smtp.session import establish, part
from tests.smtp.script import TLS, Script

EHLO = b"EHLO [10.0.0.7]\r\n"
HELO = b"HELO [10.0.0.7]\r\n"


def relay(
    tls: Tls = "none", *, host: str = "localhost", user: str = "", plaintext: bool = False
) -> Relay:
    """A relay, with a password if there is a user."""
    password = Secret("pässword") if user else None
    return Relay(host, tls=tls, username=user, password=password, plaintext_auth=plaintext)


def talk(to: Relay, *answers: bytes | Broken) -> tuple[Capabilities, list[bytes]]:
    """What the relay offers in the end, and what we said."""
    script = Script(*answers)
    return script.play(establish(to, "[10.0.0.7]")), script.said


def failure(to: Relay, *answers: bytes | Broken) -> tuple[Failure, list[bytes]]:
    """Why there is no talk, and what we said."""
    script = Script(*answers)
    with pytest.raises(Failure) as caught:
        script.play(establish(to, "[10.0.0.7]"))
    return caught.value, script.said


def test_banner_and_ehlo() -> None:
    """Nothing is said before the banner; what EHLO offers is kept."""
    offer, said = talk(relay(), b"220 hi\r\n", b"250-mx\r\n250-SIZE 100\r\n250 8bitmime\r\n")
    assert said == [b"", EHLO]
    assert offer.size == 100
    assert "8BITMIME" in offer


def test_helo_when_ehlo_is_refused() -> None:
    """A relay that knows no EHLO is greeted with HELO, and offers nothing."""
    offer, said = talk(relay(), b"220 hi\r\n", b"502 what?\r\n", b"250 mx\r\n")
    assert said == [b"", EHLO, HELO]
    assert offer == Capabilities()


@pytest.mark.parametrize(
    ("answers", "kind", "stage"),
    [
        ([b"554 go away\r\n"], "permanent", "banner"),
        ([b"450 busy\r\n"], "temporary", "banner"),
        ([b"421 closing\r\n"], "temporary", "banner"),
        ([b"354 what\r\n"], "temporary", "banner"),
        ([b"220 hi\r\n", b"450 later\r\n"], "temporary", "ehlo"),
        ([b"220 hi\r\n", b"421 closing\r\n"], "temporary", "ehlo"),
        ([b"220 hi\r\n", b"334 what\r\n"], "temporary", "ehlo"),
        ([b"220 hi\r\n", b"502 no\r\n", b"550 no\r\n"], "permanent", "ehlo"),
        ([b"220 hi\r\n", b"502 no\r\n", b"450 no\r\n"], "temporary", "ehlo"),
    ],
)
def test_refused_at_the_door(answers: list[bytes], kind: str, stage: str) -> None:
    """4yz and nonsense are temporary, 5yz is permanent."""
    found, _ = failure(relay(), *answers)
    assert (found.kind, found.stage) == (kind, stage)


def test_starttls_forgets_what_was_offered() -> None:
    """Behind STARTTLS comes the handshake and another EHLO, whose offer alone counts."""
    offer, said = talk(
        relay("starttls"),
        b"220 hi\r\n",
        b"250-mx\r\n250-STARTTLS\r\n250 CHUNKING\r\n",
        b"220 go\r\n",
        b"250-mx\r\n250 SIZE\r\n",
    )
    assert said == [b"", EHLO, b"STARTTLS\r\n", TLS, EHLO]
    assert "CHUNKING" not in offer
    assert "SIZE" in offer


def test_implicit_tls_comes_first() -> None:
    """The handshake is before the banner."""
    assert talk(relay("implicit"), b"220 hi\r\n", b"250 mx\r\n")[1] == [TLS, b"", EHLO]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([b"250 mx\r\n"], "configuration"),
        ([b"502 no\r\n", b"250 mx\r\n"], "configuration"),
        ([b"250-mx\r\n250 STARTTLS\r\n", b"454 not now\r\n"], "temporary"),
        ([b"250-mx\r\n250 STARTTLS\r\n", b"421 closing\r\n"], "temporary"),
        ([b"250-mx\r\n250 STARTTLS\r\n", b"354 what\r\n"], "temporary"),
        ([b"250-mx\r\n250 STARTTLS\r\n", b"554 never\r\n"], "configuration"),
    ],
)
def test_tls_that_was_asked_for_is_required(answers: list[bytes], kind: str) -> None:
    """Without STARTTLS nothing goes on in plain text."""
    found, said = failure(relay("starttls", user="ann"), b"220 hi\r\n", *answers)
    assert (found.kind, found.stage) == (kind, "starttls")
    assert TLS not in said


def b64(text: str) -> bytes:
    """As AUTH writes it."""
    return base64.b64encode(text.encode())


def test_auth_plain() -> None:
    """PLAIN is preferred, in UTF-8 and one line."""
    offered = b"250-mx\r\n250 AUTH LOGIN PLAIN\r\n"
    _, said = talk(relay(user="änn"), b"220 hi\r\n", offered, b"235 ok\r\n")
    assert said[2:] == [b"AUTH PLAIN " + b64("\0änn\0pässword") + b"\r\n"]


def test_auth_plain_with_a_long_token() -> None:
    """What does not fit a command line follows the relay's 334 (RFC 4954 §4)."""
    to = Relay("localhost", username="ann", password=Secret("x" * 600))
    offered = b"250-mx\r\n250 AUTH PLAIN\r\n"
    _, said = talk(to, b"220 hi\r\n", offered, b"334 \r\n", b"235 ok\r\n")
    assert said[2:] == [b"AUTH PLAIN\r\n", b64("\0ann\0" + "x" * 600) + b"\r\n"]


def test_auth_login() -> None:
    """LOGIN where PLAIN is not offered; what the relay's questions say does not matter."""
    offered = b"250-mx\r\n250 AUTH=LOGIN\r\n"
    answers = (offered, b"334 VXNlcm5hbWU6\r\n", b"334\r\n", b"235 ok\r\n")
    _, said = talk(relay(user="ann"), b"220 hi\r\n", *answers)
    assert said[2:] == [b"AUTH LOGIN\r\n", b64("ann") + b"\r\n", b64("pässword") + b"\r\n"]


@pytest.mark.parametrize("offered", [b"AUTH PLAIN", b"AUTH LOGIN"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"535 5.7.8 no\r\n", "configuration"),
        (b"534 5.7.9 stronger\r\n", "configuration"),
        (b"454 4.7.0 later\r\n", "temporary"),
        (b"421 closing\r\n", "temporary"),
    ],
)
def test_login_refused(offered: bytes, answer: bytes, kind: str) -> None:
    """5yz is our configuration, 4yz the relay's bad day."""
    found, _ = failure(
        relay(user="ann"), b"220 hi\r\n", b"250-mx\r\n250 " + offered + b"\r\n", answer
    )
    assert (found.kind, found.stage) == (kind, "auth")
    assert found.reply is not None


def test_a_login_without_end_is_no_login() -> None:
    """A third question, or one behind PLAIN, ends the talk."""
    login = (b"250-mx\r\n250 AUTH LOGIN\r\n", b"334 a\r\n", b"334 b\r\n", b"334 c\r\n")
    plain = (b"250-mx\r\n250 AUTH PLAIN\r\n", b"334 a\r\n")
    for answers in (login, plain):
        found, _ = failure(relay(user="ann"), b"220 hi\r\n", *answers)
        assert (found.kind, found.stage) == ("temporary", "auth")
        assert isinstance(found, Broken)


@pytest.mark.parametrize("offered", [b"250 mx\r\n", b"250-mx\r\n250 AUTH CRAM-MD5\r\n"])
def test_no_common_mechanism(offered: bytes) -> None:
    """No AUTH, or none of ours, is a matter of configuration, and says what was offered."""
    found, said = failure(relay(user="ann"), b"220 hi\r\n", offered)
    assert (found.kind, found.stage) == ("configuration", "auth")
    assert len(said) == 2


@pytest.mark.parametrize("host", ["mail.example.com", "10.0.0.1", "localhost.example.com"])
def test_no_password_without_tls(host: str) -> None:
    """Beyond loopback no byte of the credentials leaves, unless that was said."""
    answers = (b"220 hi\r\n", b"250-mx\r\n250 AUTH PLAIN\r\n")
    found, said = failure(relay(user="ann", host=host), *answers)
    assert (found.kind, found.stage) == ("configuration", "auth")
    assert said == [b"", EHLO]
    talk(relay(user="ann", host=host, plaintext=True), *answers, b"235 ok\r\n")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("smtp.gmail.com", "app password"),
        ("smtp.office365.com", "Microsoft has ended"),
        ("mail.example.com", "MAIL_USERNAME and MAIL_PASSWORD"),
    ],
)
def test_advice_for_a_refused_login(host: str, words: str) -> None:
    """The sentence knows the large providers' rules."""
    answers = (b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n", b"250-mx\r\n250 AUTH PLAIN\r\n")
    found, _ = failure(
        relay("starttls", user="ann", host=host), b"220 hi\r\n", *answers, b"535 5.7.8 no\r\n"
    )
    assert words in str(found.error("smtp://x:25", ()))


def test_secrets_are_marked_for_the_trace() -> None:
    """Each step that holds credentials says how it may be shown."""
    script = Script(
        b"220 hi\r\n", b"250-mx\r\n250 AUTH LOGIN\r\n", b"334\r\n", b"334\r\n", b"235\r\n"
    )
    script.play(establish(relay(user="ann"), "[10.0.0.7]"))
    assert [step.shown for step in script.steps[2:]] == ["AUTH LOGIN ***", "***", "***"]


def test_quit() -> None:
    """The goodbye takes any answer."""
    script = Script(b"500 what?\r\n")
    script.play(part())
    assert script.said == [b"QUIT\r\n"]
