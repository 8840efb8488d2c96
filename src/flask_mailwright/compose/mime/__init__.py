"""Our own MIME: `write` makes the content of a mail, `read` decodes one.

RFC 5322 (header fields), RFC 2045-2047 (bodies, encoded-words), RFC 2231 (parameters), RFC 2387
(related). What is written is 7-bit; raw UTF-8 stands only in addresses that need RFC 6532.
"""

from .letter import Letter, Part, TextPart
from .reader import Branch, Parsed, ParsedPart, read, walk
from .writer import write

__all__ = [
    "Branch",
    "Letter",
    "Parsed",
    "ParsedPart",
    "Part",
    "TextPart",
    "read",
    "walk",
    "write",
]
