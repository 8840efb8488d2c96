"""The data about mail clients: how they are trimmed, and what is shipped."""

from __future__ import annotations

from importlib.resources import files

from flask_mailwright.lint.support import support, without
from tools.caniemail import trim

STATS = {
    "gmail": {"ios": {"2020": "n", "2024": "y"}, "android": {"2020": "a #1"}},
    "outlook": {"windows": {"2019": "n #2"}, "ios": {"2024": "y"}},
}


def test_each_family_has_its_worst_platforms_letter() -> None:
    """Of the newest version; one that was never tried is unknown."""
    feature = {"slug": "css-x", "category": "css", "stats": STATS}
    other = {"slug": "amp", "category": "others", "stats": {}}
    trimmed = trim({"last_update_date": "2025-09-09 18:08:06 +0000", "data": [feature, other]})
    assert trimmed["features"] == {"css-x": "anyuuuuu"}
    assert trimmed["date"] == "2025-09-09"


def test_the_licence_is_shipped_with_the_data() -> None:
    """They are small, too."""
    text = files("flask_mailwright.lint").joinpath("clients.json").read_text("utf-8")
    assert "Permission is hereby granted" in text
    assert len(text) < 15_000
    assert len(support().families) == 8


def test_clients_by_feature() -> None:
    """Those that lack it, or have it almost only."""
    assert without("css-display-flex") == ("Outlook on Windows",)
    assert "Gmail" in without("css-display-flex", "na")
