"""When and how a mail is to go."""

import pytest

from flask_mailwright import MessageError
from flask_mailwright.engines import Order


def test_ranks() -> None:
    """0 goes first."""
    assert [Order(priority).rank for priority in ("high", "normal", "bulk")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("priority", "priority 'x' must be one of high, normal, bulk"),
        ("on_doubt", "on_doubt 'x' must be one of retry, hold"),
    ],
)
def test_other_words_are_refused(field: str, sentence: str) -> None:
    """With those that are known."""
    with pytest.raises(MessageError) as caught:
        Order(**{field: "x"})  # type: ignore[arg-type]
    assert caught.value.faults == (sentence,)
