"""Programs beside Python that some tests need."""

import os

import pytest


def require_service(name: str, reason: str | None) -> None:
    """Go on when there is no reason against it; else skip the test, or fail it when CI=true."""
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run the tests that need {name}: {reason}", pytrace=False)
    pytest.skip(f"{name}: {reason}")
