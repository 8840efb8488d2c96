"""What must not be seen."""

import pickle

import pytest

from flask_mailwright.secret import Secret


def test_a_secret_is_not_shown() -> None:
    """Whoever prints, logs or formats it sees stars."""
    secret = Secret("hunter2")
    assert f"{secret} {secret!r} {[secret]}" == "Secret('***') Secret('***') [Secret('***')]"
    assert secret.reveal() == "hunter2"


def test_secrets_are_compared_by_value() -> None:
    """And are not equal to the text they hold."""
    assert {Secret("a"), Secret("a"), Secret("b")} == {Secret("b"), Secret("a")}
    assert Secret("a") != "a"


def test_a_secret_is_not_pickled() -> None:
    """It would end in a queue's database."""
    with pytest.raises(TypeError, match="a Secret is not pickled"):
        pickle.dumps(Secret("a"))
