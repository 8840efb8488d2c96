"""Fixtures: one Chromium for this folder, a fresh window for each test, and the world outside."""

from collections.abc import Iterator

import pytest

from tests.services import require_service

from .chromium import Chromium, Window
from .outside import Outside


@pytest.fixture(scope="package")
def outside() -> Iterator[Outside]:
    """Every site but our own."""
    with Outside() as server:
        yield server


@pytest.fixture(scope="package")
def chromium(outside: Outside) -> Iterator[Chromium]:
    """Debian's, started by the first test that needs it."""
    require_service("Chromium", Chromium.missing())
    with Chromium(outside.port) as browser:
        yield browser


@pytest.fixture
def window(chromium: Chromium) -> Iterator[Window]:
    """As if nobody had used the browser before."""
    with chromium.window() as window:
        yield window
