"""Any spelling of an address is one entry, and what no list can be is refused."""

import pytest

from flask_mailwright.address import Address
from flask_mailwright.errors import MessageError
from flask_mailwright.suppression.spelling import Spelled, key
from tests.suppression.stores import OwnStore

SPELLINGS = [
    "ann@bücher.example",
    "ANN@BÜCHER.example",
    "Ann@xn--bcher-kva.EXAMPLE",
    '"Ann, Dr." <ann@Bücher.Example>',
    ("Ann", "ann@bücher.example"),
    Address("Ann", "ann@bücher.example"),
]


@pytest.mark.parametrize("spelling", SPELLINGS, ids=str)
def test_one_address_has_one_key(spelling: str) -> None:
    """Whoever writes it, and however."""
    assert key(spelling) == "ann@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann.b@example.com", '"Ann.B"@example.com'),
        ('"a b"@example.com', r'"\a\ b"@example.com'),
        ("jos\u00e9@example.com", "jose\u0301@example.com"),
        ("ΝΙΚΟΣ@example.com", "νικος@example.com"),
    ],
)
def test_quotes_and_accents_make_no_other_address(one: str, other: str) -> None:
    """RFC 5321 §4.1.2 and RFC 6532 §3.1 say that both are the same."""
    store = Spelled(OwnStore())
    assert store.add(one, "asked")
    assert list(store.find([other], None)) == [other]
    assert not store.add(other, "again")


@pytest.mark.parametrize("other", ["strasse", '"str asse"', "Stra\u00dfe.b"])
def test_a_mailbox_of_somebody_else(other: str) -> None:
    """What only looks alike gets its mail."""
    store = Spelled(OwnStore())
    store.add("stra\u00dfe@example.com", "asked")
    assert store.find([f"{other}@example.com"], None) == {}


def test_who_asks_is_answered_in_his_own_spelling() -> None:
    """A store sees one alone."""
    own = OwnStore()
    store = Spelled(own)
    assert store.add("Ann@Bücher.example", "asked")
    assert not store.add(("Ann", "ann@bücher.example"), "again")
    asked = ["ANN@xn--bcher-kva.example", "größe@example.com", "ann@xn--bcher-kva.example"]
    assert set(store.find(asked, None)) == {asked[0], asked[2]}
    assert own.asked == [("ann@xn--bcher-kva.example", "größe@example.com")]
    assert store.remove("ann@BÜCHER.example")
    assert list(store) == []


@pytest.mark.parametrize("name", ["", " news", "news\n", "n" * 201, 7, "our news", "größe"])
def test_what_no_list_is_called(name: str) -> None:
    """It is refused before anything is stored."""
    own = OwnStore()
    with pytest.raises(MessageError, match="list"):
        Spelled(own).add("ann@example.com", "asked", name)
    assert own.kept == {}


def test_a_list_is_the_same_whatever_its_case() -> None:
    """As it is to mail programs, by its List-Id (RFC 2919 §6)."""
    store = Spelled(OwnStore())
    assert store.add("ann@example.com", "asked", "News")
    assert not store.add("ann@example.com", "asked", "news")
    assert list(store.find(["ann@example.com"], "NEWS")) == ["ann@example.com"]
    assert store.remove("ann@example.com", "NewS")


def test_what_is_no_address_is_refused() -> None:
    """With the reason."""
    with pytest.raises(MessageError, match="it must read name@domain"):
        Spelled(OwnStore()).add("ann", "asked")


def test_a_reason_is_one_line() -> None:
    """Of bounded length, whatever a form has brought."""
    own = OwnStore()
    Spelled(own).add("ann@example.com", "because\r\nof\0it" + "!" * 5000)
    (found,) = own
    assert found.reason.startswith("because  of it!")
    assert len(found.reason) < 1100
