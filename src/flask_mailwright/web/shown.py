"""A mail as the pages show it, be it kept or a preview."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.util import find_spec
from typing import NamedTuple
from urllib.parse import quote, urlencode

from ..compose.mime import Branch, Parsed, ParsedPart, read, walk
from ..envelope import SealedMail
from .body import IMAGES, SCHEMES, Look
from .files import PICTURES, name_of

_VIEWS = {
    "html": "HTML",
    "text": "Text",
    "headers": "Headers",
    "source": "Source",
    "tree": "Structure",
    "attachments": "Attachments",
    "delivery": "Delivery",
    "lint": "Lint",
}
MOST_SHOWN = 1_000_000
"""Characters of a text on a page; all of it can be kept as a file."""
WIDTHS = ("phone", "tablet", "desktop")


@cache
def view_names() -> dict[str, str]:
    """The tabs: all views that this version has."""
    has_lint = find_spec("flask_mailwright.lint") is not None
    return {view: name for view, name in _VIEWS.items() if view != "lint" or has_lint}


class File(NamedTuple):
    """A part that can be kept; `path` is where it is, `picture` whether a browser may show it."""

    name: str
    part: ParsedPart
    path: str
    picture: bool


class Choice(NamedTuple):
    """What a reader has chosen; each that is not the usual is said in the page's query."""

    view: str
    width: str
    look: Look

    @classmethod
    def of(cls, query: Mapping[str, str], view: str) -> Choice:
        """What the query says, as far as we know it; the view if it says none."""
        return cls(
            _one_of(view_names(), query.get("view"), view),
            _one_of(WIDTHS, query.get("width"), "desktop"),
            Look(
                _one_of(IMAGES, query.get("images"), "on"),
                _one_of(SCHEMES, query.get("scheme"), "light"),
            ),
        )

    @property
    def kept(self) -> dict[str, str]:
        """What goes along to the next mail: how it is looked at, and not what is fetched for it."""
        images = "on" if self.look.images == "remote" else self.look.images
        usual = {"width": "desktop", "scheme": "light", "images": "on"}
        now = {"width": self.width, "scheme": self.look.scheme, "images": images}
        return {name: value for name, value in now.items() if value != usual[name]}


def _one_of(known: Container[str], wanted: str | None, usual: str) -> str:
    return wanted if wanted is not None and wanted in known else usual


@dataclass(frozen=True)
class Shown:
    """Its content, its path in the mailbox and what belongs into the query of each link to it."""

    path: str
    content: bytes
    mail: SealedMail | None
    query: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def parsed(self) -> Parsed:
        """As a reader's program decodes it."""
        return read(self.content)

    @cached_property
    def branches(self) -> list[Branch]:
        """The tree of its parts."""
        return list(walk(self.content))

    @property
    def subject(self) -> str:
        """The subject, or words in its place."""
        return self.parsed.get("subject") or "(no subject)"

    @property
    def best_view(self) -> str:
        """What a reader's program would show."""
        return "text" if self.parsed.html is None and self.parsed.text is not None else "html"

    @cached_property
    def files(self) -> list[File]:
        """All parts that are files."""
        attachments = [id(part) for part in self.parsed.attachments]
        return [file for file in self.all_files if id(file.part) in attachments]

    @cached_property
    def all_files(self) -> list[File]:
        """Each part that holds no others, as a file."""
        return [self._file(index, part) for index, part in enumerate(self.parsed.parts)]

    @property
    def head(self) -> str:
        """The header fields as they are written."""
        end = re.search(rb"\r?\n\r?\n", self.content)
        return self.content[: end.start() if end else None].decode("utf-8", "replace")

    @property
    def source(self) -> str:
        """As it is written, as far as a page holds it."""
        return self.content[:MOST_SHOWN].decode("utf-8", "replace")

    @property
    def text(self) -> str | None:
        """The text part, as far as a page holds it."""
        return None if self.parsed.text is None else self.parsed.text[:MOST_SHOWN]

    @property
    def is_cut(self) -> bool:
        """Whether it is too long for a page."""
        return len(self.content) > MOST_SHOWN

    @property
    def has_remote_images(self) -> bool:
        """Whether there is anything behind the button, as far as one can tell."""
        return bool(_REMOTE.search(self.parsed.html or ""))

    def at(self, step: str = "", **query: str) -> str:
        """The path of a page of this mail."""
        return path_with(f"{self.path}{step}", {**self.query, **query})

    def _file(self, index: int, part: ParsedPart) -> File:
        name = name_of(part, index)
        path = self.at(f"/part/{index}/{quote(name, safe='')}")
        return File(name, part, path, part.content_type in PICTURES)


_REMOTE = re.compile(
    r"(?:\b(?:src|srcset|background|poster)\s{0,9}=\s{0,9}[\"']?|url\(\s{0,9}[\"']?)\s{0,9}"
    r"(?:https?:)?//",
    re.IGNORECASE,
)


def path_with(path: str, query: Mapping[str, str]) -> str:
    """The path with a query, if there is anything to say in it."""
    return f"{path}?{urlencode(query)}" if query else path
