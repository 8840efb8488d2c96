import smtplib
from contextlib import suppress
from email._header_value_parser import get_angle_addr
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from flask_mailwright.address import Address, parse_all
from flask_mailwright.errors import MessageError
from tests.compose.strategies import addresses
from tests.effort import examples


class Person(NamedTuple):
    email: str
    name: str | None = None


class User:
    def __init__(self, email: object, name: object = None) -> None:
        self.email, self.name = email, name


def fault(value: object) -> str:
    """The one thing that is wrong with it."""
    with pytest.raises(MessageError) as caught:
        Address.parse(value, "sender")
    (only,) = caught.value.faults
    return only


@pytest.mark.parametrize(
    ("value", "name", "spec"),
    [
        ("ann@example.com", "", "ann@example.com"),
        (" ann@example.com ", "", "ann@example.com"),
        ("<ann@example.com>", "", "ann@example.com"),
        ("Ann <ann@example.com>", "Ann", "ann@example.com"),
        ("Flasky Admin<flasky@example.com>", "Flasky Admin", "flasky@example.com"),
        ('"Doe, Jane" <jane@example.com>', "Doe, Jane", "jane@example.com"),
        ('"O\\"Hara \\\\" <o@example.com>', 'O"Hara \\', "o@example.com"),
        ('Ann <"a<b"@example.com>', "Ann", '"a<b"@example.com'),
        ("Jürgen Groß <j@example.com>", "Jürgen Groß", "j@example.com"),
        (("Doe, Jane", "jane@example.com"), "Doe, Jane", "jane@example.com"),
        ((None, "ann@example.com"), "", "ann@example.com"),
        (("", "ann@example.com"), "", "ann@example.com"),
        (User("ann@example.com", "Ann"), "Ann", "ann@example.com"),
        (User("ann@example.com"), "", "ann@example.com"),
        (User("ann@example.com", 7), "", "ann@example.com"),
    ],
)
def test_what_an_address_may_be_written_as(value: object, name: str, spec: str) -> None:
    """A string, with or without name, a pair, or an object with .email: one mailbox each."""
    assert Address.parse(value) == Address(name, spec)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "it must read name@domain"),
        ("ann", "it must read name@domain"),
        ("@example.com", "it must read name@domain"),
        ("ann@", "it must read name@domain"),
        ("a@example.com, b@example.com", "more than one address: give several as a list"),
        ("a@example.com;b@example.com", "more than one address: give several as a list"),
        ("Doe, Jane <jane@example.com>", "',' in a display name must stand in quotes"),
        ("a@example.com <a@example.com>", "'@' in a display name must stand in quotes"),
        ('"Ann" Example <ann@example.com>', "must stand in quotes"),
        ('O"Hara <o@example.com>', "must stand in quotes"),
        (("a@example.com", "b@example.com"), "the name in the tuple holds an @"),
        (("Ann", "a@example.com", "b@example.com"), "a tuple must be (name, address)"),
        (("Ann", None), "a tuple must be (name, address)"),
        ((7, "ann@example.com"), "a tuple must be (name, address)"),
        (("ann@example.com", "Ann", 1), "a tuple must be (name, address)"),
        (("Ann", "Ann <ann@example.com>"), "not a valid"),
        (User(None), ".email of this User is"),
        (None, "NoneType is no address"),
        (b"ann@example.com", "bytes is no address"),
        ("ann smith@example.com", "not a valid name before the @"),
        ("ann..smith@example.com", "not a valid name before the @"),
        (".ann@example.com", "not a valid name before the @"),
        ("a\u00a0n@example.com", "not a valid name before the @"),
        ("a\u200bn@example.com", "not a valid name before the @"),
        ('"a"b@example.com', "not a valid name before the @"),
        ('"a"b"@example.com', "not a valid name before the @"),
        ("ann@example..com", "not a valid domain"),
        ("ann@example.com.", "not a valid domain"),
        ("ann@-example.com", "not a valid domain"),
        ("ann@exa_mple.com", "not a valid domain"),
        ("ann@exa mple.com", "not a valid domain"),
        ("ann@[127.0.0.1", "not a valid domain"),
        ("ann@[x>y]", "not a valid domain"),
        ("ann@\u200b.example", "the domain is not valid"),
        (f"ann@{'x' * 64}.example", "not a valid domain"),
        (f"{'x' * 65}@example.com", "longer than mail allows"),
        (f"{'ü' * 33}@example.com", "longer than mail allows"),
        (f"ann@{'x.' * 122}example", "longer than mail allows"),
        ("ann@example.com\r\nRCPT TO:<eve@example.com>", "holds a carriage return (U+000D)"),
        (("Ann\n", "ann@example.com"), "display name holds a line feed (U+000A)"),
        (("Ann", "ann@example.com\0"), "holds a NUL (U+0000)"),
    ],
)
def test_what_is_refused(value: object, told: str) -> None:
    """Nothing is repaired or guessed: the fault names the field and says what to do."""
    assert fault(value).startswith("sender: ")
    assert told in fault(value)


@pytest.mark.parametrize(
    ("spec", "wire"),
    [
        ("ann@straße.de", "ann@xn--strae-oqa.de"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"),
        ("ann@example。com", "ann@example.com"),
        ("Ann@Example.COM", "Ann@Example.COM"),
        ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
        ("ann@[IPv6:2001:db8::1]", "ann@[IPv6:2001:db8::1]"),
    ],
)
def test_domain_is_carried_in_ascii(spec: str, wire: str) -> None:
    """A domain becomes its A-label by IDNA 2008, which keeps straße apart from strasse."""
    address = Address("", spec)
    assert address.wire == wire
    assert address.domain == wire.rpartition("@")[2]
    assert address.needs_smtputf8 is not wire.isascii()


def test_name_with_an_at_sign_is_possible() -> None:
    """Address(name, address) takes the name that a tuple may not have."""
    assert Address("ann@home", "ann@example.com").name == "ann@home"


def test_subclasses_of_str_are_only_text() -> None:
    """Markup would escape what is put together with it."""
    parsed = Address.parse((Markup('O"Hara & Co, <b>'), Markup("o@example.com")))
    assert type(parsed.name) is type(parsed.spec) is str
    assert parsed.name == 'O"Hara & Co, <b>'


@pytest.mark.parametrize("values", ["ann@example.com", b"x", None, 7, Address("", "a@example.com")])
def test_a_list_is_a_list(values: object) -> None:
    """One address where several belong would be read letter by letter."""
    with pytest.raises(MessageError, match="recipients must be a list of addresses"):
        parse_all(values, "recipients")


def test_all_faults_of_a_list_are_told() -> None:
    """Not only the first."""
    with pytest.raises(MessageError) as caught:
        parse_all(["ann", "ann@example.com", "bob@"], "cc")
    assert [text.split(":")[0] for text in caught.value.faults] == ["cc", "cc"]


@given(addresses())
@examples(500)
def test_text_of_an_address_is_read_as_the_same(address: Address) -> None:
    """Quotes are put where the name needs them."""
    assert Address.parse(str(address)) == address


@given(st.one_of(st.text(), st.text('ab1"\\ @@.<>,()[]:ü-\t\u3002', max_size=12)))
@examples(1000)
@example('"a b"@example.com')
def test_what_is_accepted_can_be_spoken(text: str) -> None:
    """By smtplib, and by the parser of aiosmtpd; spaces stand in quotes only, controls nowhere."""
    try:
        wire = Address("", text).wire
    except MessageError:
        return
    assert wire.isprintable()
    assert wire.startswith('"') or not any(map(str.isspace, wire))
    assert smtplib.quoteaddr(wire) == f"<{wire}>"
    parsed, rest = get_angle_addr(f"<{wire}>")
    assert rest == ""
    assert parsed.addr_spec == wire or wire.startswith('"')


@given(st.text())
@examples(500)
def test_parse_accepts_or_says_why(text: str) -> None:
    """No other error than MessageError, whatever comes in."""
    with suppress(MessageError):
        assert Address.parse(text).wire


def test_a_row_with_an_email_is_a_person() -> None:
    """A named tuple, as databases give it, is asked for its `.email` before it is a pair."""
    assert Address.parse(Person("ann@example.com", "Ann")) == Address("Ann", "ann@example.com")
