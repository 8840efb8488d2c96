"""A text part that is HTML: readers of plain text see its tags, and `&#39;` for an apostrophe."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding
from ..reading import Reading

_MARKUP = re.compile(
    r"</(?:p|div|td|tr|table|h[1-6]|li|ul|a|b|strong|em|span|body|html)>"
    r"|&(?:#\d{2,5}|#x[\da-f]{2,5}|amp|lt|gt|quot|nbsp|copy|mdash|ndash|zwnj|[aou]uml|szlig);",
    re.IGNORECASE,
)


def markup(reading: Reading) -> Iterator[Finding]:
    """The first of it; what the HTML shows is meant."""
    found = _MARKUP.search(reading.text or "")
    if found is None or any(found[0] in text.text for text in reading.page.texts):
        return
    yield Finding(
        "text-is-html",
        "warn",
        f"the text part is HTML, or was escaped as if it were: it shows {found[0]}",
        reading.in_text(found.start()),
        mend="Make it of plain text: templates called .txt are not escaped.",
    )
