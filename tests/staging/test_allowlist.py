"""Whom mail may reach: what each entry allows, and not one address more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.staging.allowlist import Allowlist

SAME = {"example": "Example", "bücher": "xn--bcher-kva", "org": "ORG", "a": "A"}
"""Labels, and how they may be written too."""
DOMAINS = st.lists(st.sampled_from(list(SAME)), min_size=2, max_size=4).map(".".join)
LOCALS = st.sampled_from(["ann", "bob", "example.org", "ann+bücher", '"@example.org"'])
ADDRESSES = st.builds("{}@{}".format, LOCALS, DOMAINS)
ENTRIES = ADDRESSES | DOMAINS | DOMAINS.map("@{}".format) | DOMAINS.map("*.{}".format)


def allows(entry: str, address: str) -> bool:
    """The promise of the README, said once more."""
    _, _, domain = address.rpartition("@")
    if entry.startswith("*"):
        return domain.endswith(entry[1:])
    return entry == address if entry.rpartition("@")[0] else domain == entry.lstrip("@")


def otherwise(text: str) -> str:
    """The same domain in other letters."""
    local, at, domain = text.rpartition("@")
    return local + at + ".".join(SAME.get(label, label) for label in domain.split("."))


@given(st.lists(ENTRIES, max_size=4), ADDRESSES)
def test_an_address_is_allowed_by_an_entry_or_not_at_all(entries: list[str], address: str) -> None:
    """However the entry and the address write their domain."""
    local, _, domain = address.rpartition("@")
    expected = any(allows(entry, address) for entry in entries)
    travels = f"{local}@{domain.replace('bücher', 'xn--bcher-kva')}"
    assert Allowlist.of(entries).allows(travels) is expected
    assert Allowlist.of(map(otherwise, entries)).allows(travels.upper()) is expected


@given(st.text(), st.text())
def test_what_looks_like_no_address_is_not_allowed(local: str, domain: str) -> None:
    """Whatever a record holds: only the very domain is that domain."""
    allowed = Allowlist.of(["example.org", "*.example.org"])
    ours = domain.isascii() and f".{domain.lower()}".endswith(".example.org")
    assert allowed.allows(f"{local}@{domain}") is (ours and bool(local))


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org.evil.test",
        "ann@notexample.org",
        "ann@example.or\u212a",  # the Kelvin sign is a k in lower case
        "@example.org",
        "example.org",
        "",
        "ann@example.org@evil.test",
        '"ann@example.org"@evil.test',
    ],
)
def test_a_neighbour_is_not_allowed(address: str) -> None:
    """An address that only looks like one of ours."""
    entries = ["example.org", "*.example.org", "example.ork", "ann@example.org"]
    assert not Allowlist.of(entries).allows(address)


def test_a_name_beside_an_address_is_not_looked_at() -> None:
    """So an entry may be copied from a mail."""
    assert Allowlist.of([" Ann <Ann@Example.org> "]).allows("ann@example.org")


@pytest.mark.parametrize(
    "entry",
    ["", "ann", "*", "*@example.org", "a*@example.org", "*.*.org", "*.", "@", "ann@", "@a b",
     "https://example.org", "ann@example.org bob@example.org", ".org", "a\n@example.org", 5, None],
)  # fmt: skip
def test_a_wrong_entry_is_told_by_its_place(entry: str) -> None:
    """It might be a password that was put there by mistake."""
    with pytest.raises(ValueError, match="^has an entry, number 2, that is none of ann@") as caught:
        Allowlist.of(["example.org", entry])
    assert caught.value.__suppress_context__
