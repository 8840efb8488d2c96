"""CSS that breaks a layout, or loses a colour or a size, where it is not understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..css import Declaration
from ..finding import Level

_TABLE = "Use a table, which every client lays out."
_BEFORE = "Write a plain value before it, which is used where this one is not understood."
_PHYSICAL = "Write the sides by name, as in padding-left."


class Trait(NamedTuple):
    """A way to write CSS that is not understood everywhere.

    `feature`: its name in the data. `names` and `values`: what the declaration matches. `instead`:
    names of which one before it would do in its place, besides its own.
    """

    feature: str
    level: Level
    names: re.Pattern[str]
    values: re.Pattern[str]
    message: str
    mend: str = _BEFORE
    instead: str = ""

    def is_in(self, declaration: Declaration) -> bool:
        """Whether it is written so."""
        return bool(
            self.names.fullmatch(declaration.name) and self.values.search(declaration.value)
        )

    def is_bare(self, declaration: Declaration, before: Sequence[Declaration]) -> bool:
        """Whether it is written so, and nothing before it does in its place."""
        return self.is_in(declaration) and not any(
            (each.name == declaration.name and not self.is_in(each))
            or (self.instead and each.name.startswith(self.instead) and "-in" not in each.name)
            for each in before
        )


def _trait(feature: str, names: str, values: str, message: str, mend: str = _BEFORE, *,
           level: Level = "warn", instead: str = "") -> Trait:  # fmt: skip
    return Trait(feature, level, re.compile(names), re.compile(values, re.IGNORECASE), message,
                 mend, instead)  # fmt: skip


_ANY = r"(?!-)[a-z-]+"
_SIDE = r"-(?:inline|block)(?:-start|-end)?"
TRAITS = (
    _trait("css-display-flex", "display", r"^(?:inline-)?flex",
           "display: flex does not lay out in columns everywhere", _TABLE),
    _trait("css-display-grid", "display", r"^(?:inline-)?grid",
           "display: grid does not lay out in columns everywhere", _TABLE),
    _trait("css-position", "position", r"^(?:absolute|fixed|sticky)",
           "position does not place it everywhere", _TABLE),
    _trait("css-float", "float", r"^(?:left|right|inline-)",
           "float does not put it beside the text everywhere",
           "Use a table, or the align attribute of an image or a table."),
    _trait("css-variables", _ANY, r"\bvar\(\s*--", "var() has no value everywhere"),
    _trait("css-unit-calc", _ANY, r"\bcalc\(", "calc() is not computed everywhere"),
    _trait("css-function-clamp", _ANY, r"\bclamp\(", "clamp() is not computed everywhere"),
    _trait("css-function-min", "(?!grid)[a-z-]+", r"(?<![\w-])(?:min|max)\(",
           "min() and max() are not computed everywhere"),
    _trait("css-unit-rem", _ANY, r"(?<![\w.#-])-?(?=[0.]{0,8}[1-9])[\d.]{1,12}rem\b",
           "rem is no size everywhere", "Write px."),
    _trait("css-unit-vw", "font-size", r"^[\d.]+v(?:w|h|min|max)\b", "vw is no size everywhere",
           "Write px."),
    _trait("css-modern-color", _ANY, r"\b(?:ok)?l(?:ch|ab)\(",
           "a colour is written as not all clients read it"),
    _trait("css-function-light-dark", _ANY, r"\blight-dark\(",
           "light-dark() is no colour everywhere"),
    _trait("css-rgba", "color|background|background-color", r"\b(?:rgba\(|rgb\([^)/]{0,60}/)",
           "a colour that lets others through is no colour everywhere", level="note"),
    _trait("css-margin-inline-block", f"margin{_SIDE}", "[1-9]",
           "a logical margin is no margin everywhere", _PHYSICAL, instead="margin"),
    _trait("css-padding-inline-block", f"padding{_SIDE}", "[1-9]",
           "a logical padding is no padding everywhere", _PHYSICAL, instead="padding"),
    _trait("css-margin", r"margin(?:-\w+)?", r"(?<![\w.])-(?:[5-9]|[1-9]\d)",
           "a negative margin pulls nothing everywhere", _TABLE, level="note"),
)  # fmt: skip
ALMOST = frozenset({"css-margin"})
"""Features of which the part that matters is what clients lack that almost have them."""
SPACED_COLOUR = re.compile(r"\b(?:rgb|hsl)a?\([^),]{0,20}[\d%]\s{1,9}[\d.]", re.IGNORECASE)
"""Colours without commas: Gmail throws the whole style away."""
