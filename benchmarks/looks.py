"""What the look of a mail costs: its CSS inlined, its text part made, beside Jinja2 alone.

Medians in milliseconds of this thread's time: a receipt's two templates by Jinja2, the same by
`mail.compose` with its CSS inlined, by `compose` from the HTML alone, and the making of that text
alone. Then each hostile megabyte once, for the longest time it takes.
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

sys.path.pop(0)  # this folder: its celery.py is not the package of that name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flask import Flask
from jinja2 import DictLoader

from benchmarks.receipts import HTML, TEXT, context
from flask_mailwright import Mail
from flask_mailwright.compose.plaintext import plaintext
from tests.compose.test_plaintext_hostile import HOSTILE

ITEMS = {"8 KB": 3, "20 KB": 18}
"""Of a receipt that has this size when its CSS is inlined."""
LIMITS = {"8 KB": ("more", 1.3), "20 KB": ("plaintext", 3.0)}
HOSTILE_SECONDS = 2.0
TO = "ann@example.com"


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
    """Each step's median, and the length of the mail's HTML."""
    shown = context(items)
    app, mail = shop()
    alone = [app.jinja_env.get_template(name) for name in ("receipt.txt", "receipt.html")]
    page = mail.compose(TO, "Your receipt", "receipt", **shown).html or ""
    steps: dict[str, Callable[[], object]] = {
        "jinja2": lambda: [template.render(shown) for template in alone],
        "compose": lambda: mail.compose(TO, "Your receipt", "receipt", **shown),
        "without_txt": lambda: mail.compose(TO, "Your receipt", "bare", **shown),
        "plaintext": lambda: plaintext(page),
    }
    taken: dict[str, list[float]] = {name: [] for name in steps}
    with app.app_context():
        for _ in range(rounds):
            for name, step in steps.items():
                taken[name].append(cost(step))
    found = {name: round(median(times) * 1000, 3) for name, times in taken.items()}
    return {"characters": len(page), **found, "more": round(found["compose"] - found["jinja2"], 3)}


def shop() -> tuple[Flask, Mail]:
    """An app with the receipt as .html and .txt, and once more as .html alone."""
    app = Flask("shop")
    app.config.update(MAIL_URL="memory:", MAIL_ENGINE="inline")
    app.jinja_loader = DictLoader(
        {"receipt.html": HTML, "bare.html": HTML, "receipt.txt": TEXT},
    )
    return app, Mail(app)


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
