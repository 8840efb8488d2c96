"""Each program of `benchmarks/` is started as `python3 dev.py bench NAME` does it."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
PROGRAMS = sorted(
    file.stem for file in FOLDER.glob("*.py") if "\n    sys.exit(main" in file.read_text("utf-8")
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_starts(name: str) -> None:
    """Whatever its file is called: a celery.py beside it is not Celery."""
    told = subprocess.run(
        [sys.executable, FOLDER / f"{name}.py", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("usage: ")
