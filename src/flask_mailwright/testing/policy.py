"""What the test server offers and where its limits are."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The offer of one server; `SMTPServer` explains the fields."""

    hello: str = "localhost"
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    users: Mapping[str, str] | None = field(default=None, repr=False)
    require_auth: bool = False
    auth_mechanisms: Sequence[str] = ("PLAIN", "LOGIN")
    pipelining: bool = True
    chunking: bool = True
    smtputf8: bool = True
    eightbit: bool = True
    size: int = 0
    max_recipients: int | None = None
    close_after_mails: int | None = None
    extensions: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.implicit_tls and self.tls is None:
            raise ValueError("implicit_tls needs a server-side SSLContext: pass it as tls=")
        if self.require_auth and self.users is None:
            raise ValueError("require_auth needs accounts: pass users={name: password}")

    @property
    def pipelines(self) -> bool:
        """Whether PIPELINING is announced."""
        return "PIPELINING" in self.announced(tls=False)

    def announced(self, *, tls: bool) -> tuple[str, ...]:
        """The keyword lines of the EHLO reply."""
        if self.extensions is not None:
            return tuple(self.extensions)
        auth = " ".join(("AUTH", *self.auth_mechanisms))
        offers = {
            "PIPELINING": self.pipelining,
            f"SIZE {self.size}" if self.size else "SIZE": True,
            "STARTTLS": self.tls is not None and not tls,
            auth: self.users is not None and bool(self.auth_mechanisms),
            "8BITMIME": self.eightbit,
            "SMTPUTF8": self.smtputf8,
            "CHUNKING": self.chunking,
            "ENHANCEDSTATUSCODES": True,
            "DSN": True,
        }
        return tuple(line for line, offered in offers.items() if offered)
