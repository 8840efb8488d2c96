"""The server we hand mails to: where it is, how it is secured, who we are to it."""

from __future__ import annotations

import ipaddress
from typing import Literal, NamedTuple

from ..secret import Secret
from ..timing import Timing
from .rate import Rate, Share
from .tokens import Tokens

Tls = Literal["none", "starttls", "implicit"]


class Relay(NamedTuple):
    """One relay, as configured; nothing is looked up or connected before a mail comes.

    `tls`: `starttls` and `implicit` are required when said, and verified against `ca_file` (PEM) or
    the system's authorities. `plaintext_auth` allows `username` and `password` to cross a network
    without TLS. `max_mails`: mails per connection, None for no limit. `connections`: how many are
    open at once. `trace` logs the dialogue, without secrets and content. `rate`: how many mails it
    gets in a time, None for no limit: from all the processes that `share` counts for, or from this
    one alone. `tokens` in place of a password: XOAUTH2.

    >>> Relay("mail.example.com", 587, "starttls", "ann", Secret("hunter2")).name
    'smtp://mail.example.com:587'
    """

    host: str
    port: int = 25
    tls: Tls = "none"
    username: str = ""
    password: Secret | None = None
    plaintext_auth: bool = False
    ca_file: str | None = None
    max_mails: int | None = None
    connections: int = 4
    timing: Timing = Timing()
    trace: bool = False
    rate: Rate | None = None
    share: Share | None = None
    tokens: Tokens | None = None

    @property
    def name(self) -> str:
        """How logs and sentences call it; neither user nor password is in it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self.tls == 'implicit' else 'smtp'}://{host}:{self.port}"

    def __repr__(self) -> str:
        """A user may be a secret too: some providers have one token for both."""
        return f"<Relay {self.name}>"

    @property
    def loopback(self) -> bool:
        """Whether what is sent there never leaves this machine."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def private(self) -> bool:
        """Whether credentials may be shown to it (RFC 4954 §4)."""
        return self.tls != "none" or self.loopback or self.plaintext_auth
