"""A checked message, ready to be written: every value in it is valid, nothing is asked again."""

from __future__ import annotations

from typing import NamedTuple

from ...address import Address


class TextPart(NamedTuple):
    """One way to show the message: its content type with parameters, and its text."""

    content_type: str
    text: str
    charset: str = "utf-8"

    def __repr__(self) -> str:
        return f"<TextPart {self.content_type}, {len(self.text)} characters>"


class Part(NamedTuple):
    """A file: attached, or shown inside the HTML when it has a `cid`."""

    content_type: str
    data: bytes
    filename: str = ""
    disposition: str = "attachment"
    cid: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"<Part {self.filename!r} ({self.content_type}), {len(self.data)} octets>"


class Letter(NamedTuple):
    """Header fields in order, the ways to show the text (poorest first), and the files.

    `fields` holds (name, value): a value is text, or addresses for the fields that bear them.
    `charset` is that of the encoded-words in them.
    """

    fields: tuple[tuple[str, str | tuple[Address, ...]], ...]
    texts: tuple[TextPart, ...]
    inline: tuple[Part, ...] = ()
    attachments: tuple[Part, ...] = ()
    charset: str = "utf-8"

    @property
    def is_ascii(self) -> bool:
        """Whether every address in its fields is, so that no relay needs RFC 6531 to take it."""
        shown = [value for _, value in self.fields if isinstance(value, tuple)]
        return "".join([address.wire for value in shown for address in value]).isascii()
