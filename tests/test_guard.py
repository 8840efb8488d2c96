import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.errors import MessageError
from flask_mailwright.guard import guard

FORBIDDEN = [
    *map(chr, (*range(9), *range(10, 32), *range(127, 160), 0x2028, 0x2029)),
    "\ud800",
    "\udfff",
]


@pytest.mark.parametrize("character", FORBIDDEN, ids=lambda c: f"U+{ord(c):04X}")
def test_control_character_is_refused(character: str) -> None:
    """Every control character but TAB, every line end and lone surrogate: named, with its place."""
    with pytest.raises(MessageError) as caught:
        guard("subject", f"ab{character}c")
    (fault,) = caught.value.faults
    assert fault.startswith("subject holds ")
    assert f"(U+{ord(character):04X}) at position 2" in fault


@given(st.text(st.characters(exclude_characters=FORBIDDEN, exclude_categories=["Cs"])))
def test_everything_else_passes_unchanged(text: str) -> None:
    """Scripts, emoji, joiners, bidi marks, tabs, private use: not the guard's concern."""
    assert guard("subject", text) == text


@given(st.text())
def test_guard_goes_by_the_unicode_category(text: str) -> None:
    """Controls, surrogates and line ends are refused, and nothing else is."""
    forbidden = {unicodedata.category(c) for c in text if c != "\t"} & {"Cc", "Cs", "Zl", "Zp"}
    try:
        guard("subject", text)
    except MessageError:
        assert forbidden
    else:
        assert not forbidden


def test_fault_never_holds_the_value() -> None:
    """The error names the field and the character, not what was written."""
    with pytest.raises(MessageError) as caught:
        guard("password", "secret\n")
    assert "secret" not in str(caught.value)
