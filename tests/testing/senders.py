"""Apps whose mail a mailbox sees, and what its failures say."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_mailwright import Mail
from tests.apps import make_app


def app_with_mail(name: str = "shop", **config: Any) -> tuple[Flask, Mail]:
    """An app that a test has not made `testing`, with a relay that nobody answers at."""
    app = make_app(MAIL_SERVER="127.0.0.1", MAIL_PORT=1, **config)
    app.name = name
    return app, Mail(app)


def failure(call: Any, *args: Any, **wanted: Any) -> str:
    """What is said."""
    with pytest.raises(AssertionError) as caught:
        call(*args, **wanted)
    said = str(caught.value)
    assert len(said.splitlines()) <= 20
    return said
