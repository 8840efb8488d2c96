"""Flask-Mail's helpers, for those who call them."""

from typing import Any

import pytest

from flask_mailwright.flask_mail import (
    FlaskMailUnicodeDecodeError,
    force_text,
    sanitize_address,
    sanitize_addresses,
    sanitize_subject,
)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("Ann <a@x.org>", "Ann <a@x.org>"),
        (("Jürgen", "a@x.org"), "=?utf-8?q?J=C3=BCrgen?= <a@x.org>"),
        (("Acme, Inc.", "a@x.org"), '"Acme, Inc." <a@x.org>'),
        ("a@straße.de", "a@xn--strae-oqa.de"),
        ("ö@x.org", "ö@x.org"),
        ("ann\r\n@x.org", "ann@x.org"),
        ("nobody", "nobody"),
    ],
)
def test_sanitize_address(address: Any, shown: str) -> None:
    """IDNA 2008, where Flask-Mail sends to somebody else's domain; nothing raises."""
    assert sanitize_address(address) == shown


def test_sanitize_addresses() -> None:
    """Each of them."""
    assert sanitize_addresses(["a@x.org", ("Ann", "a@x.org")]) == ["a@x.org", "Ann <a@x.org>"]


@pytest.mark.parametrize(
    ("subject", "charset", "shown"),
    [
        ("plain", "utf-8", "plain"),
        ("sübject", "utf-8", "=?utf-8?q?s=C3=BCbject?="),
        ("sübject", "iso-8859-1", "=?iso-8859-1?q?s=FCbject?="),
        ("日本", "iso-8859-1", "=?utf-8?b?5pel5pys?="),
    ],
)
def test_sanitize_subject(subject: str, charset: str, shown: str) -> None:
    """In UTF-8 where the charset lacks it."""
    assert sanitize_subject(subject, charset) == shown


def test_force_text() -> None:
    """Text stays, octets are decoded, all else is asked for its own."""
    assert [force_text(value) for value in ("ü", "ü".encode(), 7, None)] == ["ü", "ü", "7", "None"]
    assert force_text(b"\xff", errors="replace") == "\ufffd"
    with pytest.raises(FlaskMailUnicodeDecodeError) as caught:
        force_text(b"\xff")
    assert "You passed in b'\\xff' (<class 'bytes'>)" in str(caught.value)
    assert isinstance(caught.value, UnicodeDecodeError)
