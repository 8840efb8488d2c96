"""MAIL_SUPPRESSIONS and MAIL_SUPPRESS_UNKNOWN."""

from typing import Any

import pytest

from flask_mailwright import ConfigError
from flask_mailwright.config import read
from flask_mailwright.world import World
from tests.suppression.stores import OwnStore


@pytest.mark.parametrize("value", [OwnStore(), "tests.suppression.stores:OwnStore"])
def test_a_store_of_ones_own(value: Any) -> None:
    """Itself, or what makes it."""
    config = read({"MAIL_SUPPRESSIONS": value, "MAIL_SUPPRESS_UNKNOWN": "yes"}, World())
    assert isinstance(config.suppressions, OwnStore)
    assert config.suppress_unknown


def test_without_a_key() -> None:
    """It is in the outbox's database, and nobody is put on it by us."""
    config = read({}, World())
    assert (config.suppressions, config.suppress_unknown) == (None, False)


@pytest.mark.parametrize(
    "value", ["hunter2", "tests.suppression.stores:Nothing", "builtins:list", OwnStore, 7]
)
def test_what_is_none_is_a_fault(value: Any) -> None:
    """Told by the key and never by the value."""
    with pytest.raises(ConfigError, match="MAIL_SUPPRESSIONS") as caught:
        read({"MAIL_SUPPRESSIONS": value}, World())
    assert "hunter2" not in str(caught.value)
