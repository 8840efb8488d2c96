"""What the test server knows about the client it talks with."""

from __future__ import annotations

from dataclasses import dataclass

from .syntax import Refusal


@dataclass(slots=True)
class Session:
    """The state of one talk: `keywords` are those announced to this client, none after HELO."""

    connection: int
    helo: str = ""
    keywords: frozenset[str] = frozenset()
    username: str | None = None

    def forget(self) -> None:
        """Be as on a fresh connection (RFC 3207 §4.2)."""
        self.helo, self.keywords, self.username = "", frozenset(), None

    def greet(self, helo: str, announced: tuple[str, ...]) -> None:
        """The client said its name and was answered with these keyword lines."""
        self.helo = helo
        self.keywords = frozenset(line.split()[0].upper() for line in announced)

    def require_offer(self, keyword: str) -> None:
        """Refuse a command whose keyword was not announced."""
        if keyword not in self.keywords:
            raise Refusal("502 5.5.1 command not offered")
