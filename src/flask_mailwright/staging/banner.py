"""The header field that tells in a redirected copy whom the mail was for."""

from __future__ import annotations

from collections.abc import Sequence

from ..compose.mime.words import text_field

NAME = "X-Mailwright-Redirected"
SHOWN = 100
"""Addresses at most; a newsletter's copy is to be read."""


def banner(addresses: Sequence[str]) -> bytes:
    r"""In 7 bits and folded; it goes in front of the content.

    >>> banner(["ann@example.org"])
    b'X-Mailwright-Redirected: ann@example.org\r\n'
    """
    more = len(addresses) - SHOWN
    shown = ", ".join(addresses[:SHOWN])
    return text_field(NAME, f"{shown} and {more} more" if more > 0 else shown).encode("ascii")
