"""What the look of a mail costs: its CSS inlined, its text part made, beside Jinja2 alone.

Medians in milliseconds of this thread's time. The same receipts are rendered by Jinja2 in the
same rounds. Then each hostile megabyte once, for the longest time it takes.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.receipts import context, template
from flask_mailwright.compose.css import inlined
from flask_mailwright.compose.plaintext import plaintext
from tests.compose.test_plaintext_hostile import HOSTILE

ITEMS = {"8 KB": 3, "20 KB": 18}
"""Of a receipt that has this size when its CSS is inlined."""
LIMITS = {"8 KB": ("both", 1.3), "20 KB": ("plaintext", 3.0)}
HOSTILE_SECONDS = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--rounds", type=int, default=201, help="of each receipt (default: 201)")
    chosen = parser.parse_args()
    figures = measure(chosen.rounds)
    print(json.dumps(figures, indent=1) if chosen.json else table(figures))
    return 0


def measure(rounds: int) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("jinja2", "css-inline")},
        "rounds": rounds,
        "milliseconds": {size: receipt(items, rounds) for size, items in ITEMS.items()},
        "hostile": {name: round(seconds(html()), 2) for name, html in HOSTILE.items()},
    }


def receipt(items: int, rounds: int) -> dict[str, float]:
    """Each step's median, and the length of what it works on."""
    source, shown = template(), context(items)
    html = source.render(shown)
    mail = inlined(html, lambda href: None)
    steps: dict[str, Callable[[], str]] = {
        "jinja2": lambda: source.render(shown),
        "inlined": lambda: inlined(html, lambda href: None),
        "plaintext": lambda: plaintext(mail),
    }
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            taken[name].append(cost(step))
    found = {name: round(median(times) * 1000, 3) for name, times in taken.items()}
    return {
        "characters": len(mail),
        **found,
        "both": round(found["inlined"] + found["plaintext"], 3),
    }


def cost(step: Callable[[], object]) -> float:
    began = time.thread_time()
    step()
    return time.thread_time() - began


def seconds(html: str) -> float:
    return cost(lambda: plaintext(html))


def table(figures: dict[str, Any]) -> str:
    lines = [f"Python {figures['python']}, {figures['packages']}, {figures['rounds']} rounds", ""]
    for size, found in figures["milliseconds"].items():
        what, limit = LIMITS[size]
        lines.append(f"{size}: {found}; {what} should be at most {limit} ms")
    slowest = sorted(figures["hostile"].items(), key=lambda one: -one[1])
    lines += ["", f"hostile megabytes, seconds (at most {HOSTILE_SECONDS}):"]
    return "\n".join(lines + [f"  {name}: {took}" for name, took in slowest])


if __name__ == "__main__":
    sys.exit(main())
