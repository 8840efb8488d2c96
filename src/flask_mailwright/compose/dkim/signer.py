"""Signs a mail with every key of its sender's domain, as it leaves (RFC 6376)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ...envelope import SealedMail
from .canonical import relaxed_fields
from .keys import Key
from .signature import Digest, digest, signed_field, signed_octets, unsigned_field

logger = logging.getLogger("flask_mailwright")

TOLD = 100
"""Domains at most of which it is told that their mail is not signed."""


class Source(Protocol):
    """Where a key comes from."""

    def current(self) -> Key:
        """The key to sign with now; MailError says why there is none."""

    @property
    def waits(self) -> bool:
        """Whether that may take its time."""


class Identity(NamedTuple):
    """Who signs: the domain answers for the mail, and DNS has the key under the selector."""

    domain: str
    selector: str
    source: Source

    @property
    def name(self) -> str:
        """Where the public key is."""
        return f"{self.selector}._domainkey.{self.domain}"


class Signer:
    """Prepends one DKIM-Signature for each identity of the domain in From, or of one above it.

    Several domains above one another: the nearest signs. Mail of any other domain stays as it is,
    which is told once.
    """

    def __init__(self, identities: Sequence[Identity], now: Callable[[], float]) -> None:
        self.identities = tuple(identities)
        self._by_domain: dict[str, list[Identity]] = {}
        for identity in identities:
            self._by_domain.setdefault(identity.domain, []).append(identity)
        self._now = now
        self._told: set[str] = set()

    def waits(self, mail: SealedMail) -> bool:
        """Whether to sign it may take its time, because somebody is asked for a key."""
        if not any(identity.source.waits for identity in self.identities):
            return False
        return any(identity.source.waits for identity in self._of(_Parts.of(mail.content).domain))

    def sign(self, mail: SealedMail) -> SealedMail:
        """The mail as it leaves; MailError when a key is not to be had."""
        parts = _Parts.of(mail.content)
        identities = self._of(parts.domain)
        if not identities:
            self._tell(parts.domain)
            return mail
        found = digest(mail.content, parts.fields, parts.body)
        signatures = [self._signature(identity, found) for identity in identities]
        return mail._replace(content=b"".join([*signatures, mail.content]))

    def _of(self, domain: str) -> list[Identity]:
        above = domain
        while above:
            if above in self._by_domain:
                return self._by_domain[above]
            above = above.partition(".")[2]
        return []

    def _signature(self, identity: Identity, found: Digest) -> bytes:
        key = identity.source.current()
        tags = (
            f"v=1; a={key.type}-sha256; c=relaxed/relaxed; t={int(self._now())};\r\n"
            f" d={identity.domain};\r\n s={identity.selector}"
        )
        field = unsigned_field(tags, found)
        return signed_field(field, key.sign(signed_octets(field, found)))

    def _tell(self, domain: str) -> None:
        if domain not in self._told and len(self._told) < TOLD:
            self._told.add(domain)
            logger.warning(
                "mail from %s is not signed: no DKIM key is for its domain; MAIL_DKIM takes several"
                " domains",
                domain or "a sender without a domain",
            )


class _Parts(NamedTuple):
    """The fields of a content, in canonical form, and where its body begins."""

    fields: list[tuple[bytes, bytes]]
    body: int

    @classmethod
    def of(cls, content: bytes) -> _Parts:
        end = content.find(b"\r\n\r\n")
        if end < 0:
            return cls(relaxed_fields(content), len(content))
        return cls(relaxed_fields(content[:end]), end + 4)

    @property
    def domain(self) -> str:
        """Of the one From; the writer has it in ASCII."""
        found = [field for name, field in self.fields if name == b"from"]
        if len(found) != 1:
            return ""
        return found[0].rpartition(b"@")[2].rstrip(b">").decode("ascii", "replace").lower()
