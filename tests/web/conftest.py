"""An app whose mailbox is on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.mailbox import Box, make_box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """In debug, on a fresh file."""
    made = make_box(tmp_path)
    yield made
    made.store.close()
    made.mail.close()
