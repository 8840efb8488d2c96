"""The field, by the RFC's own keys and mail, and what it covers."""

from base64 import b64decode, encodebytes

import pytest

from flask_mailwright.compose.dkim.canonical import relaxed_fields
from flask_mailwright.compose.dkim.keys import Key, load
from flask_mailwright.compose.dkim.signature import (
    SIGNED,
    Digest,
    covered,
    digest,
    oversigned,
    signed_field,
    signed_octets,
    unsigned_field,
)

MAIL = (
    b"From: Joe SixPack <joe@football.example.com>\r\n"
    b"To: Suzie Q <suzie@shopping.example.net>\r\n"
    b"Subject: Is dinner ready?\r\n"
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    b"\r\n"
    b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
)
"""RFC 8463, appendix A.3."""
BODY_HASH = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
NAMES = "from to subject date message-id from subject date".split()
RSA_KEY = b"""\
-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
-----END RSA PRIVATE KEY-----
"""
ED25519_SEED = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
RSA_FIELD = (
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    f" bh={BODY_HASH};\r\n"
    " b="
)
RSA_VALUE = (
    "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3"
    "DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz"
    "dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8="
)
ED25519_FIELD = (
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    f" bh={BODY_HASH};\r\n"
    " b="
)
ED25519_VALUE = (
    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
)


def ed25519_key() -> Key:
    """Its 32 octets as PEM (RFC 8410): the RFC has them bare."""
    der = bytes.fromhex("302e020100300506032b657004220420") + b64decode(ED25519_SEED)
    armour = b"-----%b PRIVATE KEY-----\n"
    return load(armour % b"BEGIN" + encodebytes(der) + armour % b"END")


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [(load(RSA_KEY), RSA_FIELD, RSA_VALUE), (ed25519_key(), ED25519_FIELD, ED25519_VALUE)],
    ids=["rsa", "ed25519"],
)
def test_the_signatures_of_the_rfc(key: Key, field: str, value: str) -> None:
    """RFC 8463, appendix A.2: the same keys and mail have the same signatures, to the bit."""
    start = MAIL.index(b"\r\n\r\n")
    fields = relaxed_fields(MAIL[:start])
    found = digest(MAIL, fields, start + 4)
    assert found.body == BODY_HASH
    as_theirs = Digest(tuple(NAMES), covered(fields, NAMES), BODY_HASH)
    assert key.sign(signed_octets(field, as_theirs)) == b64decode(value)


def test_the_keys_of_the_rfc() -> None:
    """As DNS has them (A.2)."""
    assert ed25519_key().public == "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    assert load(RSA_KEY).bits == 1024


def test_each_name_comes_once_more_than_its_field() -> None:
    """Also of a field that is not there, whatever its case; others are not covered."""
    fields = relaxed_fields(b"FROM: a\r\nTo: b\r\nTo: c\r\nX-Other: d\r\n")
    names = oversigned(fields)
    count = {name: names.count(name) for name in SIGNED}
    assert count == dict.fromkeys(SIGNED, 1) | {"From": 2, "To": 3}
    assert covered(fields, names) == b"from:a\r\nto:c\r\nto:b\r\n"


def test_its_lines_are_short() -> None:
    """None longer than 78, and what folds it counts for nothing."""
    names = ("List-Unsubscribe-Post",) * 30
    field = unsigned_field("v=1", Digest(names, b"", "x" * 44))
    whole = signed_field(field, bytes(512))
    assert whole.endswith(b"\r\n")
    assert max(map(len, whole.split(b"\r\n"))) <= 78
    ((_, canonical),) = relaxed_fields(whole)
    assert b"h=" + b": ".join([b"List-Unsubscribe-Post"] * 3) in canonical.replace(b":L", b": L")
