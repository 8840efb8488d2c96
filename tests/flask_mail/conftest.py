"""An app with Flask-Mail's face, as Flask-Mail's users have it in their tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from flask_mailwright.flask_mail import Mail

collect_ignore = ["flask_security_app.py"]
"""It answers `import flask_mail` in its own process."""


@pytest.fixture
def app() -> Iterator[Flask]:
    """Under TESTING, inside a request."""
    app = Flask("shop")
    app.config.update(TESTING=True, MAIL_DEFAULT_SENDER="support@example.com")
    with app.test_request_context():
        yield app


@pytest.fixture
def mail(app: Flask) -> Mail:
    """Its mail."""
    return Mail(app)
