"""The field that tells in a redirected copy whom the mail was for."""

from email.parser import BytesParser
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.address import Address
from flask_mailwright.staging.banner import NAME, banner
from tests.compose.strategies import addresses


def read(field: bytes) -> str:
    """What the standard library makes of it."""
    return str(BytesParser(policy=default).parsebytes(field + b"\r\n")[NAME])


@given(st.lists(addresses(), min_size=1, max_size=120))
def test_a_reader_finds_every_address(people: list[Address]) -> None:
    """In lines of 7 bits that no relay breaks, whatever characters the addresses have."""
    wires = [each.wire for each in people]
    field = banner(wires)
    more = f" and {len(wires) - 100} more" if len(wires) > 100 else ""
    assert read(field) == ", ".join(wires[:100]) + more
    assert field.isascii()
    assert field.endswith(b"\r\n")
    lines = field.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 998 and line.strip() for line in lines)
    assert all(line[:1] == b" " for line in lines[1:])
    assert b"\n" not in field.replace(b"\r\n", b"")


def test_a_newsletter_is_cut_short() -> None:
    """A hundred names, and how many more there are."""
    found = read(banner([f"reader{n}@example.org" for n in range(1234)]))
    assert found.count("@") == 100
    assert found.endswith(", reader99@example.org and 1134 more")
