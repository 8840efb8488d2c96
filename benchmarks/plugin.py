"""What our fixtures cost a pytest that does not use them: its start with them and without.

The fastest, in milliseconds, of runs of a project with one empty test and no other plugins, in
turns, so that both have the same machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

GOAL = 15


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25, help="of each (default: 25)")
    rounds = parser.parse_args().rounds
    taken: dict[str, list[float]] = {"with": [], "without": []}
    with TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing(): pass\n")
        for _ in range(rounds):
            taken["with"].append(start(folder, "-p", "pytest_flask_mailwright"))
            taken["without"].append(start(folder))
    costs = {name: min(times) * 1000 for name, times in taken.items()}
    more = costs["with"] - costs["without"]
    print(f"with {costs['with']:.0f} ms, without {costs['without']:.0f} ms, {rounds} rounds")
    print(f"{more:.1f} ms more; at most {GOAL} are meant")
    return 0


def start(folder: str, *arguments: str) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=folder, env=alone, capture_output=True, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
