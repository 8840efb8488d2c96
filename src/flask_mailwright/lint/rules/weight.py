"""HTML that Gmail would cut off: behind about 102 KB it shows a link instead."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..reading import Reading
from ..support import GMAIL

KB = 1024
CLIPPED = 102 * KB
NEARLY = 90 * KB


def weight(reading: Reading) -> Iterator[Finding]:
    """The HTML part, decoded, as octets of UTF-8."""
    octets = len((reading.mail.html or "").encode("utf-8", "replace"))
    if octets <= NEARLY:
        return
    clipped = octets > CLIPPED
    told = "cuts it off at 102 KB" if clipped else "cuts off at 102 KB"
    yield Finding(
        "html-size",
        "error" if clipped else "warn",
        f"the HTML has {octets / KB:.0f} KB, and Gmail {told}",
        "html",
        (GMAIL,),
        "Say less, repeat fewer styles, and link to the rest.",
    )
