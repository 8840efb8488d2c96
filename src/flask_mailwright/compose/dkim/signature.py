"""The DKIM-Signature field: which fields it covers, and the octets that are signed (RFC 6376)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from textwrap import wrap
from typing import NamedTuple

from .canonical import relaxed_body, relaxed_fields

SIGNED = (
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID"),
    *("MIME-Version", "Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post"),
)
"""Each is named once more than it occurs: one that is added later breaks the signature (§8.15)."""
_WIDTH = 72
_Fields = Sequence[tuple[bytes, bytes]]


class Digest(NamedTuple):
    """Of one mail, for any number of keys: the fields that are covered, and the body's hash."""

    names: tuple[str, ...]
    covered: bytes
    body: str


def digest(content: bytes, fields: _Fields, body: int) -> Digest:
    """Of a content with these `fields`, in canonical form, whose body begins at `body`."""
    names = oversigned(fields)
    hashed = sha256()
    for piece in relaxed_body(content, body):
        hashed.update(piece)
    return Digest(names, covered(fields, names), b64encode(hashed.digest()).decode())


def oversigned(fields: _Fields) -> tuple[str, ...]:
    """The names for h=."""
    there = [name for name, _ in fields]
    return tuple([name for name in SIGNED for _ in range(there.count(name.lower().encode()) + 1)])


def covered(fields: _Fields, names: Iterable[str]) -> bytes:
    """The fields of these names; each time a name comes it means the next one up (§5.4.2)."""
    left: dict[str, list[bytes]] = {}
    for name, field in fields:
        left.setdefault(name.decode("ascii", "replace"), []).append(field)
    found = [left[name].pop() for name in map(str.lower, names) if left.get(name)]
    return b"".join([b"%b\r\n" % field for field in found])


def unsigned_field(tags: str, digest: Digest) -> str:
    """All of it up to b=, whose value is what is signed with it; `tags` come first."""
    return f"DKIM-Signature: {tags};\r\n h={_folded(digest.names)};\r\n bh={digest.body};\r\n b="


def signed_octets(field: str, digest: Digest) -> bytes:
    """What the key signs: the fields that are covered, and this one without its end (§3.7)."""
    ((_, own),) = relaxed_fields(field.encode("ascii"))
    return digest.covered + own


def signed_field(field: str, signature: bytes) -> bytes:
    """With its value, ready to be put before the mail."""
    text = b64encode(signature).decode()
    lines = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    return "".join([field, "\r\n ".join(lines), "\r\n"]).encode("ascii")


@lru_cache(maxsize=64)
def _folded(names: tuple[str, ...]) -> str:
    """Where a list of names may be folded: behind a colon (§3.5)."""
    spaced = wrap(": ".join(names), _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\r\n ".join([line.replace(": ", ":") for line in spaced])
