"""docs/testing.md: each example is run as a test, in a project of its own."""

import re
from pathlib import Path

import pytest

from tests.testing.test_plugin import run

PAGE = Path(__file__).parents[2] / "docs/testing.md"
FILES = dict(re.findall(r"`(\w+)\.py`:\n\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))


def test_every_example_has_a_file() -> None:
    """None is left out."""
    assert len(FILES) == PAGE.read_text("utf-8").count("```python")


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"shop"}))
def test_an_example_passes(tmp_path: Path, name: str) -> None:
    """As it stands on the page."""
    said = run(tmp_path, "-W", "error", shop=FILES["shop"], **{name: FILES[name]})
    assert re.search(r"\b[0-9]+ passed", said), said
    assert not re.search(r"failed|error", said.splitlines()[-1]), said
