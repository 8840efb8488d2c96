"""What the rules are given: the mail as it was sealed, decoded, and where things stand in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..compose.mime import Parsed, ParsedPart
from .page import Element, Lines, Page, excerpt
from .tree import page_of

MOST = 192 * 1024
"""Characters of each part that are looked at; Gmail shows less than half of it."""


@dataclass(frozen=True)
class Reading:
    """One mail, decoded."""

    mail: Parsed

    @cached_property
    def html(self) -> str | None:
        """The HTML part, as far as it is looked at."""
        return None if self.mail.html is None else self.mail.html[:MOST]

    @cached_property
    def text(self) -> str | None:
        """The text part, as far as it is looked at."""
        return None if self.mail.text is None else self.mail.text[:MOST]

    @cached_property
    def page(self) -> Page:
        """The HTML part's elements; none when there is no such part."""
        return page_of(self.html or "")

    @cached_property
    def subject(self) -> str:
        """As it is shown."""
        return self.mail.get("subject").strip()

    @cached_property
    def inline(self) -> dict[str, ParsedPart]:
        """The parts that HTML may show, by Content-ID; case is not relied upon."""
        return {part.cid.casefold(): part for part in self.mail.parts if part.cid}

    @cached_property
    def _text_lines(self) -> Lines:
        return Lines(self.text or "")

    def at(self, place: Element | int) -> str:
        """Where an element or a character of the HTML stands."""
        start = place.start if isinstance(place, Element) else place
        source = self.page.source
        end = source.find(">", start, start + 300) + 1 if source.startswith("<", start) else 0
        shown = excerpt(source[start : end or start + 80])
        return f"html, line {self.page.lines.number(start)}: {shown}"

    def in_text(self, start: int) -> str:
        """Where a character of the text part stands."""
        text = self.text or ""
        begin = text.rfind("\n", max(start - 20, 0), start) + 1
        line = self._text_lines.number(start)
        return f"text, line {line}: {excerpt(text[max(begin, start - 20) : start + 60])}"

    def field(self, name: str) -> str:
        """Where a header field stands."""
        return f"{name}: {excerpt(self.mail.get(name))}"
