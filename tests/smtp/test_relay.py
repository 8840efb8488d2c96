"""A relay says where it is and whether it may see a password; its greeting name is valid."""

import pytest

from flask_mailwright.secret import Secret
from flask_mailwright.smtp.capabilities import Capabilities
from flask_mailwright.smtp.hello import hello_name
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.smtp.replies import RelayReply


@pytest.mark.parametrize(
    ("relay", "name"),
    [
        (Relay("mail.example.com"), "smtp://mail.example.com:25"),
        (Relay("::1", 587, "starttls"), "smtp://[::1]:587"),
        (Relay("mail.example.com", 465, "implicit"), "smtps://mail.example.com:465"),
        (Relay("mx", username="ann", password=Secret("pw")), "smtp://mx:25"),
    ],
)
def test_name(relay: Relay, name: str) -> None:
    """The name has host and port, and neither user nor password."""
    assert relay.name == name


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost.example.com", False),
        ("128.0.0.1", False),
        ("mail.example.com", False),
        ("", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    """Only names and addresses of this machine are loopback; nothing is looked up."""
    assert Relay(host).loopback is loopback


def test_repr_hides_the_password() -> None:
    """A relay in a traceback shows no secret."""
    assert "hunter2" not in repr(Relay("mx", username="ann", password=Secret("hunter2")))


@pytest.mark.parametrize(
    ("hostname", "local", "name"),
    [
        ("web1.example.com", ("10.0.0.7", 1), "web1.example.com"),
        ("web1", ("10.0.0.7", 1), "[10.0.0.7]"),
        ("localhost", ("127.0.0.1", 1), "[127.0.0.1]"),
        ("web_1.example.com", ("10.0.0.7", 1), "[10.0.0.7]"),
        ("wéb.example.com", ("10.0.0.7", 1), "[10.0.0.7]"),
        ("10.0.0.7", ("10.0.0.7", 1), "[10.0.0.7]"),
        ("a." * 130 + "com", ("10.0.0.7", 1), "[10.0.0.7]"),
        ("web1.example.com\n", ("10.0.0.7", 1), "[10.0.0.7]"),
        ("web1", ("::1", 1, 0, 0), "[IPv6:::1]"),
        ("web1", ("fe80::1%eth0", 1, 0, 2), "[IPv6:fe80::1]"),
        ("web1", "", "[127.0.0.1]"),
        ("web1", ("what", 1), "[127.0.0.1]"),
    ],
)
def test_hello_name(hostname: str, local: object, name: str) -> None:
    """A dotted domain as it is, else the literal of the socket's own address."""
    assert hello_name(hostname, local) == name


@pytest.mark.parametrize(
    ("line", "size"),
    [("SIZE 100", 100), ("SIZE", None), ("SIZE 0", None), ("size=7", 7), ("SIZE x", None)],
)
def test_announced_size(line: str, size: int | None) -> None:
    """SIZE without a number, and with 0, is no limit."""
    assert Capabilities.read(RelayReply(250, ("mx", line))).size == size
