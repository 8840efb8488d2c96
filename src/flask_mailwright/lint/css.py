"""CSS as a mail has it: the declarations of a style attribute, the rules of a style element."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_STRINGS = r""""[^"\n]*+["\n]?+|'[^'\n]*+['\n]?+"""
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_PIECE = re.compile(rf"((?:[^;\"'(]++|{_STRINGS}|\((?:[^()\"']++|{_STRINGS})*+\)?+)*+);?+")
_BRACE = re.compile(rf"[{{}}]|(?:[^{{}}\"']++|{_STRINGS})++")
_IMPORTANT = re.compile(r"!\s*+important\s*+\Z", re.IGNORECASE)


class Declaration(NamedTuple):
    """A property in lower case with its value, without `!important`."""

    name: str
    value: str
    important: bool = False


class Rule(NamedTuple):
    """Selectors with their declarations, or an at-rule with what it holds itself.

    `at`: the outermost at-rule around it, as `@media (max-width: 600px)`, or "". `nested`: it
    stands inside another rule. `start`: where its selectors begin in the text of the style element.
    """

    selectors: str
    declarations: tuple[Declaration, ...]
    at: str
    nested: bool
    start: int

    @property
    def is_at(self) -> bool:
        """Whether it is an at-rule."""
        return self.selectors.startswith("@")


def declarations(text: str) -> tuple[Declaration, ...]:
    """Those that have a name and a value, in order.

    >>> declarations("color: red !important; background: url(data:image/png;base64,AA)")[1].value
    'url(data:image/png;base64,AA)'
    """
    found = [_declaration(piece) for piece in _PIECE.findall(_bare(text)) if piece]
    return tuple([each for each in found if each.name and each.value])


def _declaration(piece: str) -> Declaration:
    name, _, value = piece.partition(":")
    plain = _IMPORTANT.sub("", value)
    return Declaration(name.strip().lower(), plain.strip(), plain != value)


def rules(text: str) -> Iterator[Rule]:
    """All rules, however deep, each when it closes.

    >>> [rule.at for rule in rules("p { color: red } @media print { p { color: #000 } }")]
    ['', '@media print', '']
    """
    opened: list[tuple[str, int]] = []
    piece, begin = "", 0
    for token in _BRACE.finditer(_bare(text)):
        if token[0] == "{":
            prelude = piece.rpartition(";")[2].lstrip()
            opened.append((prelude.rstrip(), begin + len(piece) - len(prelude)))
        elif token[0] == "}" and opened:
            prelude, start = opened.pop()
            yield Rule(prelude, declarations(piece), *_around(opened), start)
        piece, begin = ("", token.end()) if token[0] in "{}" else (token[0], token.start())


def _around(opened: list[tuple[str, int]]) -> tuple[str, bool]:
    outermost = opened[0][0] if opened else ""
    inner = bool(opened) and not opened[-1][0].startswith("@")
    return (outermost if outermost.startswith("@") else "", inner)


def _bare(text: str) -> str:
    """Comments are blanked out, so that places stay."""
    return _COMMENT.sub(lambda found: " " * len(found[0]), text)
