"""Access tokens for a relay: kept until they run out, renewed once when the relay refuses one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..errors import MailError
from ..process import in_forked_child
from ..secret import Secret, raised
from .failure import Failure

Fetch = Callable[[], object]
"""Gives a token, or a token and the seconds for which it is good."""

EARLY = 300.0
"""Seconds before its end at which a token is renewed, or a tenth of its life if that is less."""
PATIENCE = 30.0
"""Seconds until an early renewal that failed is tried again; meanwhile the old token is good."""
_LONG = 365 * 86_400.0
"""As long as the relay takes it."""


class Tokens:
    """Shared by all connections with a relay; what fetches a user's is called one at a time.

    >>> tokens = Tokens(lambda user: lambda: (f"{user}-1", 3600), now=lambda: 0.0)
    >>> tokens.of("ann").current().reveal()
    'ann-1'
    """

    def __init__(
        self, fetch_for: Callable[[str], Fetch], now: Callable[[], float], user: str = ""
    ) -> None:
        self._fetch_for = fetch_for
        self._fetch = fetch_for(user)
        self._now = now
        self._token: Secret | None = None
        self._renew_at = self._end = 0.0
        self.seen: tuple[Secret, ...] = ()
        """Those that may be repeated by a relay."""
        self._unlock()
        in_forked_child(self._unlock)

    def of(self, user: str) -> Tokens:
        """Those of one user, apart from all others'."""
        return Tokens(self._fetch_for, self._now, user)

    def current(self) -> Secret:
        """The token to log in with; `Failure` at stage `auth` when there is none to be had."""
        with self._lock:
            if self._token is None or self._now() >= self._end:
                return self._renewed()
            if self._now() >= self._renew_at:
                return self._renewed_early(self._token)
            return self._token

    def renewed(self, refused: Secret) -> Secret:
        """Another one than this, which somebody else may have fetched meanwhile."""
        with self._lock:
            if self._token is not None and self._token != refused:
                return self._token
            return self._renewed()

    def _unlock(self) -> None:
        """In a forked child nobody else fetches."""
        self._lock = threading.Lock()

    def _renewed_early(self, old: Secret) -> Secret:
        try:
            return self._renewed()
        except Failure:
            self._token, self._renew_at = old, self._now() + PATIENCE
            return old

    def _renewed(self) -> Secret:
        self._token = None
        try:
            read = _read(self._fetch())
            if read is None:
                raise MailError("what its callable returns is no token", kind="configuration")
        except MailError as error:
            raise Failure(f"needs a token, and {error}", "auth", error.kind, _ADVICE) from error
        except Exception as error:
            reason = f"needs a token, and its callable raised {raised(error)}"
            raise Failure(reason, "auth", "temporary", _ADVICE) from error
        self._token, seconds = read
        self._end = self._now() + seconds
        self._renew_at = self._end - min(EARLY, seconds / 10)
        self.seen = (*self.seen[-2:], self._token)
        return self._token


def _read(found: object) -> tuple[Secret, float] | None:
    """None if it is no token; the error is raised where no frame has what was found."""
    token, seconds = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        return None
    return Secret(token), float(seconds) if isinstance(seconds, int | float) else _LONG


_ADVICE = "Check what MAIL_OAUTH2_TOKEN names."
