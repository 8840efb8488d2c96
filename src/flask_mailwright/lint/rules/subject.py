"""A subject that inbox lists can show."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..reading import Reading

LONG = 100
"""Characters; computers show about 70 of them, telephones 40."""


def subject(reading: Reading) -> Iterator[Finding]:
    """There is one, and not too much of it."""
    if not reading.subject:
        yield Finding(
            "subject", "warn", "there is no subject", "subject",
            mend="Say in a few words what the mail is about.",
        )  # fmt: skip
    elif len(reading.subject) > LONG:
        yield Finding(
            "subject",
            "note",
            f"the subject has {len(reading.subject)} characters, of which lists show 40 to 70",
            reading.field("Subject"),
            mend="Say the important words first, and leave the rest to the mail.",
        )
