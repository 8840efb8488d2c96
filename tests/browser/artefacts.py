"""Pictures of pages, in `artefacts/` beside this file or where MAILWRIGHT_ARTEFACTS says."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path(os.environ.get("MAILWRIGHT_ARTEFACTS") or Path(__file__).with_name("artefacts"))


def keep(page: Page, name: str) -> None:
    """The page as its window shows it."""
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
